package dev.diskcryptnet.tcp;

/** Ports that take connections, and what each does about congestion. */
final class ListeningPorts {
    private static final int PORTS = 1 << 16;

    private final long[] listening = new long[PORTS / Long.SIZE];
    private final long[] usingBbr = new long[PORTS / Long.SIZE];

    void listen(int port, CongestionAlgorithm algorithm) {
        if (port < 1 || port >= PORTS) {
            throw new IllegalArgumentException("port=" + port + " is not 1 to 65535");
        }
        listening[port >> 6] |= 1L << port;
        switch (algorithm) {
            case CUBIC -> usingBbr[port >> 6] &= ~(1L << port);
            case BBR -> usingBbr[port >> 6] |= 1L << port;
        }
    }

    boolean isListening(int port) {
        return (listening[port >> 6] & 1L << port) != 0;
    }

    /** draft-ietf-ccwg-bbr-06 3.7 has no answer to marks: with BBR none are asked for. */
    boolean takesEcn(HalfOpen peer) {
        return !usesBbr(peer);
    }

    /** BBR needs SACK (draft-ietf-ccwg-bbr-06 5.5.10.2 takes any loss without it for too much): else it is CUBIC. */
    CongestionControl congestionControl(HalfOpen peer, int segmentBytes, int initialSegments) {
        return usesBbr(peer)
                ? new Bbr(segmentBytes, initialSegments, peer.initialSend)
                : new Cubic(segmentBytes, initialSegments);
    }

    private boolean usesBbr(HalfOpen peer) {
        return peer.sackPermitted && (usingBbr[peer.localPort >> 6] & 1L << peer.localPort) != 0;
    }
}
