package dev.diskcryptnet.tcp;

/**
 * Limits and times of a {@link TcpStack}. The defaults suit a video server; tests and the agent's configuration change
 * single values. Times are nanoseconds.
 *
 * @param mtuBytes IP packet size on the local link; the segment size offered is 40 (IPv4) or 60 (IPv6) less
 * @param maxConnections most established connections; beyond it a SYN is dropped
 * @param maxHalfOpen most connections in SYN-RECEIVED; beyond it SYNs are answered by cookies ({@link SynCookies})
 * @param prefixLimit what one network may have of the connections, and of the half-open ones before cookies are used
 * @param maxTimeWait most entries in TIME-WAIT; beyond it the oldest is forgotten early
 * @param receiveWindowBytes receive window, below 64 KiB: requests are small, so no window scaling of our own. A TLS record
 *     is opened when all of it is there, so the longest must fit in (RFC 8446 5.2, RFC 5246 6.2.3: 2^14 bytes and 261 or
 *     2053 more)
 * @param maxReceiveBuffers most connections that hold received bytes at one time; each takes a receive window
 * @param initialWindowSegments RFC 6928 2: 10
 * @param initialRtoNs RFC 6298 2.1: 1 s
 * @param minRtoNs RFC 6298 2.4 says 1 s; 200 ms as in Linux, since delayed ACKs of today wait 40 ms
 * @param maxRtoNs RFC 6298 2.5: at least 60 s
 * @param synAckRetries retransmissions of a SYN-ACK before the half-open connection is forgotten
 * @param userTimeoutNs without any progress for so long a connection is given up, RFC 9293 3.8.3 (R2, at least 100 s)
 * @param finWait2Ns how long a peer may take to close its side after it acknowledged our FIN
 * @param timeWaitNs twice the maximum segment lifetime, RFC 9293 3.4.2; 60 s as in Linux
 * @param delayedAckNs how long an ACK waits for data to ride on, RFC 9293 3.8.6.3 (below 500 ms). Requests are one
 *     segment and the answer leaves when the disk delivers, well within this, so nearly each ACK rides for free
 */
public record TcpConfig(
        int mtuBytes,
        int maxConnections,
        int maxHalfOpen,
        PrefixLimit prefixLimit,
        int maxTimeWait,
        int receiveWindowBytes,
        int maxReceiveBuffers,
        int initialWindowSegments,
        long initialRtoNs,
        long minRtoNs,
        long maxRtoNs,
        int synAckRetries,
        long userTimeoutNs,
        long finWait2Ns,
        long timeWaitNs,
        long delayedAckNs) {
    private static final long MILLISECOND_NS = 1_000_000;
    private static final long SECOND_NS = 1_000 * MILLISECOND_NS;
    /** What every IPv4 host takes: RFC 1122 3.3.3. */
    static final int MIN_MTU_BYTES = 576;

    public TcpConfig {
        require(mtuBytes >= MIN_MTU_BYTES && mtuBytes <= 65535, "mtuBytes", mtuBytes, "576 to 65535");
        require(maxConnections > 0 && maxConnections <= 1 << 24, "maxConnections", maxConnections, "1 to 2^24");
        require(maxHalfOpen > 0 && maxHalfOpen <= 1 << 20, "maxHalfOpen", maxHalfOpen, "1 to 2^20");
        require(maxTimeWait >= 0 && maxTimeWait <= 1 << 20, "maxTimeWait", maxTimeWait, "0 to 2^20");
        require(
                receiveWindowBytes >= 2048 && receiveWindowBytes <= 65535,
                "receiveWindowBytes",
                receiveWindowBytes,
                "2048 to 65535");
        require(maxReceiveBuffers > 0, "maxReceiveBuffers", maxReceiveBuffers, "above 0");
        require(initialWindowSegments > 0, "initialWindowSegments", initialWindowSegments, "above 0");
        require(minRtoNs > 0 && minRtoNs <= maxRtoNs, "minRtoNs", minRtoNs, "above 0 and at most maxRtoNs");
    }

    /** The defaults for a link of {@code mtuBytes}. */
    public static TcpConfig forMtu(int mtuBytes) {
        return new TcpConfig(
                mtuBytes,
                65536,
                4096,
                PrefixLimit.NONE,
                16384,
                20480,
                2048,
                10,
                SECOND_NS,
                200 * MILLISECOND_NS,
                60 * SECOND_NS,
                5,
                100 * SECOND_NS,
                60 * SECOND_NS,
                60 * SECOND_NS,
                40 * MILLISECOND_NS);
    }

    /** The same with other limits on what remote hosts can make the stack hold. */
    public TcpConfig withLimits(int maxConnections, int maxHalfOpen, int maxTimeWait) {
        return with(maxConnections, maxHalfOpen, prefixLimit, maxTimeWait, maxReceiveBuffers);
    }

    /** The same with another bound on receive storage. */
    public TcpConfig withMaxReceiveBuffers(int maxReceiveBuffers) {
        return with(maxConnections, maxHalfOpen, prefixLimit, maxTimeWait, maxReceiveBuffers);
    }

    /** The same with a limit on what one network may have. */
    public TcpConfig withPrefixLimit(PrefixLimit prefixLimit) {
        return with(maxConnections, maxHalfOpen, prefixLimit, maxTimeWait, maxReceiveBuffers);
    }

    private TcpConfig with(
            int maxConnections, int maxHalfOpen, PrefixLimit prefixLimit, int maxTimeWait, int maxReceiveBuffers) {
        return new TcpConfig(
                mtuBytes,
                maxConnections,
                maxHalfOpen,
                prefixLimit,
                maxTimeWait,
                receiveWindowBytes,
                maxReceiveBuffers,
                initialWindowSegments,
                initialRtoNs,
                minRtoNs,
                maxRtoNs,
                synAckRetries,
                userTimeoutNs,
                finWait2Ns,
                timeWaitNs,
                delayedAckNs);
    }

    private static void require(boolean holds, String name, long value, String allowed) {
        if (!holds) {
            throw new IllegalArgumentException(name + "=" + value + " is not " + allowed);
        }
    }
}
