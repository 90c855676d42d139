package dev.diskcryptnet.tcp;

/** Congestion control of a listener's connections. */
public enum CongestionAlgorithm {
    /** RFC 9438. */
    CUBIC,
    /** BBRv3, draft-ietf-ccwg-bbr-06. It needs SACK: peers without it get {@link #CUBIC}. */
    BBR
}
