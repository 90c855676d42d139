package dev.diskcryptnet.tcp;

/** Ports that take connections, and what each does about congestion. */
final class ListeningPorts {
    private static final int PORTS = 1 << 16;

    private final long[] listening = new long[PORTS / Long.SIZE];
    private final long[] usingBbr = new long[PORTS / Long.SIZE];
    private final long[] withoutEcn = new long[PORTS / Long.SIZE];

    void listen(int port, CongestionAlgorithm algorithm, boolean ecn) {
        if (port < 1 || port >= PORTS) {
            throw new IllegalArgumentException("port=" + port + " is not 1 to 65535");
        }
        set(listening, port, true);
        set(usingBbr, port, algorithm == CongestionAlgorithm.BBR);
        set(withoutEcn, port, !ecn);
    }

    private static void set(long[] ports, int port, boolean member) {
        long bit = 1L << port;
        ports[port >> 6] = member ? ports[port >> 6] | bit : ports[port >> 6] & ~bit;
    }

    private static boolean has(long[] ports, int port) {
        return (ports[port >> 6] & 1L << port) != 0;
    }

    boolean isListening(int port) {
        return has(listening, port);
    }

    /** draft-ietf-ccwg-bbr-06 3.7 has no answer to marks: with BBR none are asked for. */
    boolean takesEcn(HalfOpen peer) {
        return !has(withoutEcn, peer.localPort) && !usesBbr(peer);
    }

    /** BBR needs SACK (draft-ietf-ccwg-bbr-06 5.5.10.2 takes any loss without it for too much): else it is CUBIC. */
    CongestionControl congestionControl(HalfOpen peer, int segmentBytes, int initialSegments) {
        return usesBbr(peer)
                ? new Bbr(segmentBytes, initialSegments, peer.initialSend)
                : new Cubic(segmentBytes, initialSegments);
    }

    private boolean usesBbr(HalfOpen peer) {
        return peer.sackPermitted && has(usingBbr, peer.localPort);
    }
}
