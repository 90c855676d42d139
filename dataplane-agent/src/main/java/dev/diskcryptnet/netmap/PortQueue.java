package dev.diskcryptnet.netmap;

/**
 * One worker's rings on a {@link Port}: received frames, and two rings to send from. Single-threaded; nothing
 * allocates or blocks.
 *
 * <p>{@link #data()} carries payload that a disk may write straight into its slots. {@link #control()} carries small
 * frames (SYN, ACK, ARP, errors) that must never wait for a disk. Order is kept within a ring, not across the two.
 */
public interface PortQueue extends AutoCloseable {
    /**
     * Hands received frames to {@code handler}. Each frame is valid until its handler call returns.
     *
     * @return frames handed over, at most {@code limit}
     */
    int receive(FrameHandler handler, int limit);

    /** Ring of large slots for payload. */
    TxRing data();

    /** Ring of small slots for control frames. */
    TxRing control();

    /**
     * Gives what was sent or cancelled on both rings since the last call to the device, and takes back slots it is
     * done with: one native call.
     *
     * @return frames given to the device
     */
    int flush();

    /** Whether the interface has carrier, as last seen by {@link #receive} or {@link #flush}. */
    boolean linkUp();

    /** Frames that the kernel or device dropped because the receive ring was full, since the queue was opened. */
    long receiveDropped();

    /** Counts since the queue was opened; the same object each time, brought up to date. Wrappers pass it on. */
    PortStatistics statistics();

    /**
     * Descriptor that polls readable when {@link #receive} and {@link #flush} should be called: frames wait, slots came
     * back after {@link TxRing#take} had none to give, the device may take what it refused, the link changed. The calls
     * take in what it reports, so it stays readable until a {@link #receive} has returned 0. -1 when there is none.
     */
    int waitDescriptor();

    /** Closes the rings; the memory of their slots is gone after this. */
    @Override
    void close();
}
