package dev.diskcryptnet.netmap;

import java.util.List;

/** A network interface opened by one driver (paper section 3.1.2: netmap). Each worker opens a {@link PortQueue}. */
public interface Port extends AutoCloseable {
    /** What the driver found when it opened the interface. */
    PortFacts facts();

    /** What an operator should know about the interface, one sentence each: slow modes and what they cost. */
    default List<String> notes() {
        return List.of();
    }

    /** Why nobody should serve on the interface as it is, one sentence each with the remedy; empty when all is well. */
    default List<String> conflicts() {
        return List.of();
    }

    /**
     * Names the addresses that are served here, before queues are opened: a driver that leaves the interface's other
     * traffic to the kernel takes no frames but those for them.
     *
     * @param addresses IPv4 (4 bytes) and IPv6 (16 bytes), in network order; added to those named before
     * @throws dev.diskcryptnet.ffi.NativeException when there are too many, or one has another length
     */
    default void serve(List<byte[]> addresses) {
        // Most drivers see all frames for the interface's station address.
    }

    /**
     * Opens the rings of one worker.
     *
     * @param worker this worker's number, from 0
     * @param workers how many workers share the port; received flows are spread over them
     * @throws dev.diskcryptnet.ffi.NativeException when the kernel refuses
     */
    PortQueue openQueue(int worker, int workers);

    /**
     * Has the interface take in frames to a group of stations for as long as the port is open. A driver whose far side
     * filters nothing has nothing to do.
     *
     * @param group station address with the group bit set, see {@code wire.MacAddress}
     * @throws dev.diskcryptnet.ffi.NativeException when the kernel refuses
     */
    default void join(long group) {}

    /** Closes the interface. Its queues must be closed first. */
    @Override
    void close();
}
