package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.counters.Histogram;

/** A worker's counters of how its loop turns. */
final class LoopCounters {
    /** From a pass that finds one packet to one that others notice. */
    private static final long[] PASS_BOUNDS_NS = Histogram.oneTwoFive(1_000, 100_000_000);

    private static final long[] BATCH_BOUNDS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 1024};

    final Counter busyNs;
    final Histogram passTime;
    final Histogram receiveBatch;
    final Histogram reapBatch;
    final Histogram issueBatch;
    final Histogram transmitBatch;
    final Counter passes;
    final Counter waits;

    LoopCounters(CounterSet set) {
        busyNs = set.nanoseconds("dcn_worker_busy_seconds", "Time the loop spent working, not waiting.");
        passTime =
                set.durations("dcn_worker_pass_seconds", "Time of a pass of the loop that found work.", PASS_BOUNDS_NS);
        receiveBatch = batches(set, "receive");
        reapBatch = batches(set, "reap");
        issueBatch = batches(set, "issue");
        transmitBatch = batches(set, "transmit");
        passes = set.counter("dcn_worker_passes", "", "Passes of the loop.");
        waits = set.counter("dcn_worker_waits", "", "Times the loop found nothing to do and waited.");
    }

    private static Histogram batches(CounterSet set, String step) {
        return set.sizes(
                "dcn_worker_batch_size",
                "",
                "Frames received, reads reaped, ranges issued and frames sent in a pass, where there were any.",
                BATCH_BOUNDS,
                "step",
                step);
    }

    /** A pass that found work has ended. */
    void onWork(long passNs) {
        busyNs.add(passNs);
        passTime.record(passNs);
    }

    /** Records a batch that is not empty. @return its size */
    static int counted(Histogram batches, int size) {
        if (size > 0) {
            batches.record(size);
        }
        return size;
    }
}
