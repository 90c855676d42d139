package dev.diskcryptnet.ip;

/** What is known of one on-link host. Belongs to a {@link NeighbourCache}. */
final class Neighbour {
    /** Station not known. */
    static final long NO_STATION = -1;

    /** Its address, see {@link dev.diskcryptnet.wire.IpAddress}. */
    long high;

    long low;
    boolean inUse;
    final boolean gateway;

    /** Station address, or {@link #NO_STATION}. */
    long station = NO_STATION;
    /** When the station was last heard. */
    long confirmedNs;
    /** When a frame was last sent to it. */
    long usedNs;
    /** A frame has been sent to it since it came into the cache. */
    boolean used;

    /** Being asked for: it stands in the cache's list of those. */
    boolean probing;
    /** Requests sent since the probing began. */
    int probes;

    long nextProbeNs;
    /** Nobody answered: it is not asked for again before {@link #nextProbeNs}. */
    boolean paused;

    Neighbour(boolean gateway) {
        this.gateway = gateway;
    }

    void reset(long newHigh, long newLow, long nowNs) {
        high = newHigh;
        low = newLow;
        inUse = true;
        station = NO_STATION;
        confirmedNs = nowNs;
        usedNs = nowNs;
        used = false;
        probes = 0;
        paused = false;
    }

    boolean is(long otherHigh, long otherLow) {
        return low == otherLow && high == otherHigh;
    }
}
