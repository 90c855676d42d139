package dev.diskcryptnet.tcp;

/**
 * What is known of the paths to {@value #PLACES} hosts at most, so that a new connection need not find out again (RFC 1191
 * 5.2, RFC 8201 5.2). Each host has one place, which the latest takes.
 */
final class PathMtuCache {
    static final int PLACES = 1024;

    private final long[] high = new long[PLACES];
    private final long[] low = new long[PLACES];
    private final int[] mtuBytes = new int[PLACES];
    private final long[] untilNs = new long[PLACES];

    void put(long nowNs, ConnectionEntry peer, int bytes) {
        int place = place(peer);
        high[place] = peer.remoteHigh;
        low[place] = peer.remoteLow;
        mtuBytes[place] = bytes;
        untilNs[place] = nowNs + PathMtu.TRUST_NS;
    }

    /** Longest packet to a peer's host, in bytes, {@code otherwise} when nothing is known. */
    int get(long nowNs, ConnectionEntry peer, int otherwise) {
        int place = place(peer);
        boolean known = mtuBytes[place] != 0
                && high[place] == peer.remoteHigh
                && low[place] == peer.remoteLow
                && nowNs < untilNs[place];
        return known ? Math.min(mtuBytes[place], otherwise) : otherwise;
    }

    private static int place(ConnectionEntry peer) {
        long mixed = (peer.remoteHigh * 0xD6E8_FEB8_6659_FD93L ^ peer.remoteLow) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 54);
    }
}
