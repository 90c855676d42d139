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
     * Opens the rings of one worker.
     *
     * @param worker this worker's number, from 0
     * @param workers how many workers share the port; received flows are spread over them
     * @throws dev.diskcryptnet.ffi.NativeException when the kernel refuses
     */
    PortQueue openQueue(int worker, int workers);

    /** Closes the interface. Its queues must be closed first. */
    @Override
    void close();
}
