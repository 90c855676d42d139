package dev.diskcryptnet.wire;

/** What the two lowest bits of an IP header's traffic class say (RFC 3168 5). */
public final class EcnField {
    /** The sender takes losses for congestion, and nothing else. */
    public static final int NOT_CAPABLE = 0;
    /** The same as {@link #CAPABLE} to a router of RFC 3168; RFC 8311 2.2 keeps it for experiments. */
    public static final int CAPABLE_1 = 1;
    /** ECT(0): may be marked instead of dropped. */
    public static final int CAPABLE = 2;
    /** Congestion experienced: a router has marked the packet. */
    public static final int MARKED = 3;

    public static final int MASK = 3;

    private EcnField() {}
}
