package dev.diskcryptnet.agent;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskCompletionHandler;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.diskmap.DiskQueue;
import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.WaitLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Reads a disk with as many commands in flight as its queue takes, each taken up again as soon as it is complete. What one
 * call reaps is issued again and handed over in one batch, as the loop of the agent does it.
 */
final class DiskLoad implements AutoCloseable, DiskCompletionHandler {
    private static final Path PROCESSOR_TIMES = Path.of("/proc/stat");
    private static final Path OWN_TIMES = Path.of("/proc/thread-self/stat");
    private static final double TICKS_PER_SECOND = 100;
    private static final long WAIT_NS = 1_000_000_000L;

    private final DiskFacts facts;
    private final int blockBytes;
    private final boolean sequential;
    private final boolean polls;
    private final long blocks;
    private final OffHeapRegion region;
    private final DiskQueue queue;
    private final OffHeapRegion waitEntry = OffHeapRegion.allocate(WaitLibrary.ENTRY_SIZE);
    private final SplittableRandom random = new SplittableRandom(1);
    private final int[] freed;
    private int freedCount;
    private long nextBlock;
    private long completed;

    /**
     * What came of a run.
     *
     * @param seconds that it took
     * @param operations that were completed
     * @param threadSeconds processor time of the thread that issued and reaped
     * @param machineSeconds processor time of the whole machine: with the kernel's threads and interrupts, and with whatever
     *     else ran
     */
    record Result(double seconds, long operations, double threadSeconds, double machineSeconds) {
        Result plus(Result other) {
            return new Result(
                    seconds + other.seconds,
                    operations + other.operations,
                    threadSeconds + other.threadSeconds,
                    machineSeconds + other.machineSeconds);
        }
    }

    /**
     * Opens a queue.
     *
     * @param blockBytes of each read
     * @param depth reads in flight
     * @param sequential one block behind the other, or anywhere
     * @param polls whether to reap without pause, or to wait as the loop of the agent does when there is nothing to reap
     * @throws IllegalArgumentException when the disk has no such blocks
     */
    DiskLoad(Disk disk, int blockBytes, int depth, boolean sequential, boolean polls) {
        facts = disk.facts();
        if (blockBytes % facts.alignmentBytes() != 0 || blockBytes > facts.maxTransferBytes()) {
            throw new IllegalArgumentException("--block=" + blockBytes + " is not a multiple of alignmentBytes="
                    + facts.alignmentBytes() + " up to maxTransferBytes=" + facts.maxTransferBytes() + " of disk="
                    + facts.uri());
        }
        this.blockBytes = blockBytes;
        this.sequential = sequential;
        this.polls = polls;
        blocks = facts.capacityBytes() / blockBytes;
        region = OffHeapRegion.allocate(depth * blockBytes);
        queue = disk.openQueue(depth, region);
        freed = new int[depth];
        for (int slot = 0; slot < depth; slot++) {
            freed[freedCount++] = slot;
        }
        waitEntry.buffer().putInt(WaitLibrary.ENTRY_FD, queue.waitDescriptor());
        waitEntry.buffer().putShort(WaitLibrary.ENTRY_WANTED, (short) WaitLibrary.POLLIN);
        waitEntry.buffer().putInt(WaitLibrary.ENTRY_CLEAR, 1);
    }

    DiskFacts facts() {
        return facts;
    }

    /** Reads for a time, until all that was issued is complete; may be called again. */
    Result run(long durationNs) {
        long operations = completed;
        double thread = threadSeconds();
        double machine = machineSeconds();
        long startNs = System.nanoTime();
        for (long nowNs = startNs; nowNs - startNs < durationNs || queue.inFlight() > 0; nowNs = System.nanoTime()) {
            if (nowNs - startNs < durationNs) {
                issue();
            }
            if (queue.reap(this, freed.length) == 0 && !polls && queue.waitDescriptor() >= 0) {
                NativeErrors.check(WaitLibrary.get().dcn_wait(waitEntry.address(), 1, WAIT_NS), "dcn_wait");
            }
        }
        double seconds = (System.nanoTime() - startNs) * 1e-9;
        return new Result(seconds, completed - operations, threadSeconds() - thread, machineSeconds() - machine);
    }

    private void issue() {
        while (freedCount > 0) {
            int slot = freed[freedCount - 1];
            long block = sequential ? nextBlock++ % blocks : random.nextLong(blocks);
            if (!queue.read(block * blockBytes, region.address() + (long) slot * blockBytes, blockBytes, slot)) {
                break;
            }
            freedCount--;
        }
        queue.submit();
    }

    @Override
    public void onCompletion(long token, int result) {
        if (result < blockBytes) {
            throw NativeErrors.failure(
                    Math.min(result, -1), "disk=" + facts.uri() + " lengthBytes=" + blockBytes + " result=" + result);
        }
        freed[freedCount++] = (int) token;
        completed++;
    }

    /** proc(5): fields 14 and 15 are user and system time; the second, in parentheses, may hold blanks. */
    private static double threadSeconds() {
        try {
            String line = Files.readString(OWN_TIMES);
            String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What all processors did not idle away, since they idle to the tick or better (proc(5): idle and iowait are the fourth
     * and fifth of a line); what they did is counted by samples, which a busy machine misses.
     */
    private static double machineSeconds() {
        try {
            double seconds = 0;
            for (String line : Files.readAllLines(PROCESSOR_TIMES)) {
                if (line.matches("cpu\\d+ .*")) {
                    String[] fields = line.split(" +");
                    seconds += System.nanoTime() * 1e-9
                            - (Long.parseLong(fields[4]) + Long.parseLong(fields[5])) / TICKS_PER_SECOND;
                }
            }
            return seconds;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        queue.close();
    }
}
