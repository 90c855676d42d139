package dev.diskcryptnet.tcp;

import dev.diskcryptnet.wire.IpAddress;

/**
 * How many connections each network prefix has: open addressing over a keyed hash, at most half full, of a fixed size,
 * deletion by shifting back, as in {@link ConnectionTable}. Without a limit nothing is counted and no table is there.
 */
final class PrefixCounts {
    private final int limit;
    private final long ipv4Mask;
    private final long ipv6Mask;
    private final SipHash hash;
    /** Prefixes, where one of the counts is above 0. */
    private final long[] prefixes;

    private final int[] connections;
    private final int[] halfOpens;
    private final int mask;

    /**
     * @param maxEntries most connections and half-open ones ever counted at one time
     * @param hash keyed, or remote hosts could choose prefixes that lie in one place
     */
    PrefixCounts(PrefixLimit limit, int maxEntries, SipHash hash) {
        this.limit = limit.connections();
        // Of an IPv4-mapped address the upper half is 0 and the lower one begins with 0xFFFF.
        ipv4Mask = -1L << 32 - limit.ipv4Bits();
        ipv6Mask = -1L << 64 - limit.ipv6Bits();
        this.hash = hash;
        int capacity =
                this.limit == Integer.MAX_VALUE ? 0 : Integer.highestOneBit(Math.max(16, maxEntries * 2 - 1)) << 1;
        prefixes = new long[capacity];
        connections = new int[capacity];
        halfOpens = new int[capacity];
        mask = capacity - 1;
    }

    private boolean isCounting() {
        return mask >= 0;
    }

    /** Whether a host's network has all the connections that it may have. */
    boolean isFull(long high, long low) {
        return isCounting() && connections[find(prefix(high, low))] >= limit;
    }

    /** Whether a host's network has all the half-open connections that it may have. */
    boolean isHalfOpenFull(long high, long low) {
        return isCounting() && halfOpens[find(prefix(high, low))] >= limit;
    }

    /** A connection is established (1) or over (-1). */
    void addConnection(ConnectionEntry peer, int one) {
        if (isCounting()) {
            int index = claim(peer);
            connections[index] += one;
            releaseIfUnused(index);
        }
    }

    /** A half-open connection is kept (1) or over (-1). */
    void addHalfOpen(ConnectionEntry peer, int one) {
        if (isCounting()) {
            int index = claim(peer);
            halfOpens[index] += one;
            releaseIfUnused(index);
        }
    }

    /** Prefixes that have something. */
    int size() {
        int size = 0;
        for (int i = 0; i < prefixes.length; i++) {
            size += isUsed(i) ? 1 : 0;
        }
        return size;
    }

    /** The prefixes of both families in one number: what IPv4 has begins with 32 bits of ::/8, where no host is. */
    private long prefix(long high, long low) {
        return IpAddress.isIpv4(high, low) ? low & ipv4Mask : high & ipv6Mask;
    }

    private int home(long prefix) {
        return (int) hash.begin().word(prefix).end(8L << 56) & mask;
    }

    private boolean isUsed(int index) {
        return (connections[index] | halfOpens[index]) != 0;
    }

    /** Where a prefix is, else the place for it. */
    private int find(long prefix) {
        int index = home(prefix);
        while (isUsed(index) && prefixes[index] != prefix) {
            index = index + 1 & mask;
        }
        return index;
    }

    private int claim(ConnectionEntry peer) {
        long prefix = prefix(peer.remoteHigh, peer.remoteLow);
        int index = find(prefix);
        prefixes[index] = prefix;
        return index;
    }

    private void releaseIfUnused(int released) {
        int hole = released;
        if (isUsed(hole)) {
            return;
        }
        for (int index = hole + 1 & mask; isUsed(index); index = index + 1 & mask) {
            // Moves it into the hole unless that would put it before its home.
            if ((index - home(prefixes[index]) & mask) >= (index - hole & mask)) {
                prefixes[hole] = prefixes[index];
                connections[hole] = connections[index];
                halfOpens[hole] = halfOpens[index];
                connections[index] = 0;
                halfOpens[index] = 0;
                hole = index;
            }
        }
    }
}
