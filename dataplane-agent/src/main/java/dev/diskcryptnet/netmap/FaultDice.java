package dev.diskcryptnet.netmap;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import java.util.SplittableRandom;

/** Throws for each frame of one direction of one queue, and counts what came of it. */
final class FaultDice {
    private static final long REORDER_NS = 1_000_000L;

    private final FaultSpec.Faults faults;
    private final SplittableRandom random;
    private final Counter dropped;
    private final Counter droppedBytes;
    private final Counter duplicated;
    private final Counter reordered;
    private final Counter corrupted;

    FaultDice(FaultSpec.Faults faults, long seed, CounterSet counters, String port, String direction) {
        this.faults = faults;
        this.random = new SplittableRandom(seed);
        dropped = counter(counters, port, direction, "drop");
        droppedBytes = counters.counter(
                "dcn_fault_dropped_bytes",
                "bytes",
                "Bytes of the frames that the fault injector has dropped.",
                "port",
                port,
                "direction",
                direction);
        duplicated = counter(counters, port, direction, "duplicate");
        reordered = counter(counters, port, direction, "reorder");
        corrupted = counter(counters, port, direction, "corrupt");
    }

    private static Counter counter(CounterSet counters, String port, String direction, String fault) {
        String help = "Frames that the fault injector has done something to.";
        return counters.counter("dcn_fault_frames", "", help, "port", port, "direction", direction, "fault", fault);
    }

    private boolean happens(double probability, Counter counter) {
        if (random.nextDouble() >= probability) {
            return false;
        }
        counter.increment();
        return true;
    }

    boolean drops(int frameBytes) {
        boolean drops = happens(faults.drop(), dropped);
        droppedBytes.add(drops ? frameBytes : 0);
        return drops;
    }

    boolean duplicates() {
        return happens(faults.duplicate(), duplicated);
    }

    boolean corrupts() {
        return happens(faults.corrupt(), corrupted);
    }

    /** How long the next frame is held back, 0 for not at all. */
    long holdNs() {
        long reorderNs = happens(faults.reorder(), reordered) ? 1 + random.nextLong(REORDER_NS) : 0;
        return faults.delayNs() + reorderNs;
    }

    /** A bit of a frame to flip: its number from the first bit behind the Ethernet header on. */
    int bit(int frameBytes) {
        return random.nextInt(Math.max(1, frameBytes - FaultPort.ETHERNET_BYTES) * Byte.SIZE);
    }

    /** A frame that had to be held back found no room. */
    void overflowed(int frameBytes) {
        dropped.increment();
        droppedBytes.add(frameBytes);
    }
}
