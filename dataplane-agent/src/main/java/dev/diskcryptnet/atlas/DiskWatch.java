package dev.diskcryptnet.atlas;

import dev.diskcryptnet.diskmap.DiskFault;
import java.util.Arrays;

/**
 * Whether one worker's disks answer. After a failure that is not the medium's, the first block is read for a probe; while
 * that fails the disk counts as down, and it is read again every second until it is back.
 */
final class DiskWatch {
    static final long PROBE_PERIOD_NS = 1_000_000_000;

    private static final long NEVER = Long.MAX_VALUE;

    private final boolean[] down;
    private final long[] probeAtNs;
    private final boolean[] probing;
    private final AtlasCounters counters;
    private long nextProbeNs = NEVER;

    DiskWatch(int disks, AtlasCounters counters) {
        down = new boolean[disks];
        probeAtNs = new long[disks];
        Arrays.fill(probeAtNs, NEVER);
        probing = new boolean[disks];
        this.counters = counters;
    }

    boolean isDown(int disk) {
        return down[disk];
    }

    /** When {@link #isDue} may be true of a disk. */
    long nextProbeNs() {
        return nextProbeNs;
    }

    /** Whether a probe of the disk should be issued. */
    boolean isDue(long nowNs, int disk) {
        return nowNs >= probeAtNs[disk] && !probing[disk];
    }

    void issued(int disk) {
        probing[disk] = true;
        schedule(disk, NEVER);
    }

    void onFault(long nowNs, int disk, DiskFault fault) {
        if (fault == DiskFault.MEDIUM) {
            return;
        }
        if (fault == DiskFault.GONE) {
            set(disk, true);
        }
        if (!probing[disk] && probeAtNs[disk] == NEVER) {
            schedule(disk, nowNs);
        }
    }

    /** A probe has ended. */
    void onProbe(long nowNs, int disk, boolean answered) {
        probing[disk] = false;
        set(disk, !answered);
        schedule(disk, answered ? NEVER : nowNs + PROBE_PERIOD_NS);
    }

    private void set(int disk, boolean isDown) {
        down[disk] = isDown;
        counters.onDiskDown(disk, isDown);
    }

    private void schedule(int disk, long atNs) {
        probeAtNs[disk] = atNs;
        nextProbeNs = NEVER;
        for (long at : probeAtNs) {
            nextProbeNs = Math.min(nextProbeNs, at);
        }
    }
}
