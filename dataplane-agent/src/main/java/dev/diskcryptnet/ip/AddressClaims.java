package dev.diskcryptnet.ip;

/**
 * Finds out whether somebody has our IPv6 addresses already before they are used (duplicate address detection, RFC 4862
 * 5.4), and tells the link when they are. All workers of a port come to the same result, as each hears all answers; one
 * of them asks.
 */
final class AddressClaims {
    /** RFC 4861 10, RETRANS_TIMER, with a single probe (RFC 4862 5.1, DupAddrDetectTransmits). */
    static final long PROBE_NS = 1_000_000_000L;

    /** RFC 4861 7.2.6: a few, RETRANS_TIMER apart. */
    private static final int ANNOUNCEMENTS = 2;

    private static final long NEVER = Long.MAX_VALUE;

    private final Ipv6Addresses local;
    private final NeighbourOutput output;
    private final IpCounters counters;
    private final boolean answers;
    private boolean asked;
    private boolean decided;
    private int announcementsLeft;
    private long deadlineNs = NEVER;

    AddressClaims(Ipv6Addresses local, NeighbourOutput output, IpCounters counters, boolean answers) {
        this.local = local;
        this.output = output;
        this.counters = counters;
        this.answers = answers;
        counters.tentativeAddresses.set(local.count());
    }

    /** Begins. */
    void start(long nowNs) {
        if (local.count() == 0 || asked) {
            return;
        }
        asked = true;
        for (int i = 0; answers && i < local.count(); i++) {
            output.askForOwn(i);
        }
        deadlineNs = nowNs + PROBE_NS;
    }

    /** Somebody else claims, or is about to claim, one of our addresses. */
    void contested(int index) {
        counters.addressConflicts.increment();
        if (!decided && asked && !local.isDuplicate(index)) {
            local.giveUp(index);
            counters.duplicateAddresses.increment();
        }
    }

    /** Whether the addresses have come into use by this call. */
    boolean onTimers(long nowNs) {
        if (nowNs < deadlineNs) {
            return false;
        }
        boolean first = !decided;
        if (first) {
            decided = true;
            announcementsLeft = answers ? ANNOUNCEMENTS : 0;
            for (int i = 0; i < local.count(); i++) {
                local.use(i);
            }
            counters.tentativeAddresses.set(0);
        }
        if (announcementsLeft > 0) {
            announcementsLeft--;
            announce();
        }
        deadlineNs = announcementsLeft > 0 ? nowNs + PROBE_NS : NEVER;
        return first;
    }

    private void announce() {
        for (int i = 0; i < local.count(); i++) {
            if (local.isUsable(i)) {
                output.announce(i);
            }
        }
    }

    long nextDeadlineNs() {
        return deadlineNs;
    }
}
