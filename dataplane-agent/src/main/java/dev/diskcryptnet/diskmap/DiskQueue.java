package dev.diskcryptnet.diskmap;

/**
 * One thread's queue pair on a {@link Disk}: commands are gathered, handed over in one batch, and reaped in any order.
 *
 * <p>Any thread may open a queue; the thread that submits first owns it from then on, and closes it.
 *
 * <p>Offsets, lengths and addresses are multiples of {@link DiskFacts#alignmentBytes()}; addresses lie in a region
 * given to {@link Disk#openQueue}. A full queue is a value ({@code false}); misuse is an IllegalArgumentException.
 * Nothing here allocates, and nothing blocks.
 */
public interface DiskQueue extends AutoCloseable {
    /** Most commands that may be queued or in flight. */
    int depth();

    /** Commands queued or in flight. */
    int inFlight();

    /**
     * Queues a read.
     *
     * @param deviceOffsetBytes first byte on the device
     * @param address where the device writes
     * @param lengthBytes 1 block up to {@link DiskFacts#maxTransferBytes()}
     * @param token returned with the completion
     * @return false when the queue is full
     */
    boolean read(long deviceOffsetBytes, long address, int lengthBytes, long token);

    /** Queues a write; parameters as {@link #read}. */
    boolean write(long deviceOffsetBytes, long address, int lengthBytes, long token);

    /** Queues a write that is durable when it completes, and no other with it (Force Unit Access); as {@link #read}. */
    boolean writeThrough(long deviceOffsetBytes, long address, int lengthBytes, long token);

    /** Queues a flush: writes that completed before it are durable when it completes. */
    boolean flush(long token);

    /**
     * Where {@code lengthBytes} bytes from {@code deviceOffsetBytes} on, neither of which need be aligned, lie in memory
     * now; 0 when they do not, or when the disk is not read through the page cache (see {@link DiskFacts#mode()}). It is
     * the page cache itself: what is written through the disk shows there.
     *
     * <p>The address is good until the disk is closed, for reading. Give it to system calls: should the kernel take the
     * memory away in between, a call that reads it waits for the disk, and fails with EFAULT where the disk does; a
     * program that reads it itself then gets SIGBUS instead.
     *
     * @throws IllegalArgumentException when the range is empty or not on the disk
     */
    default long resident(long deviceOffsetBytes, int lengthBytes) {
        return 0;
    }

    /**
     * Hands all queued commands to the device in one call.
     *
     * @return commands handed over; those that did not fit stay queued for the next call
     */
    int submit();

    /**
     * Takes completions.
     *
     * @return completions handed to {@code handler}, at most {@code limit}
     */
    int reap(DiskCompletionHandler handler, int limit);

    /**
     * Descriptor that polls readable when there are completions to reap, or -1 when there is none (poll by reaping). It
     * is an eventfd that reaping does not clear: whoever waits on it clears it, and then reaps until a call returns 0
     * before waiting again, or the completions that a limit left behind are not announced any more.
     */
    int waitDescriptor();

    /** Waits for what is in flight, then closes. */
    @Override
    void close();
}
