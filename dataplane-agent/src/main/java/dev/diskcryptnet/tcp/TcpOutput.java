package dev.diskcryptnet.tcp;

/** Where a {@link TcpStack} puts segments that carry no stream data: SYN-ACK, ACK, FIN, RST, probes. */
@FunctionalInterface
public interface TcpOutput {
    /**
     * Sends {@code segment} now, on the ring that never waits for a disk.
     *
     * @param segment addresses, header fields and options; valid only during the call
     * @return false when no slot is free; the stack treats the segment as lost on the way
     */
    boolean transmit(TcpSegment segment);
}
