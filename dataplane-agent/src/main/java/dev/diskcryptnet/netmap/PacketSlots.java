package dev.diskcryptnet.netmap;

/** Slots of a {@link PacketQueue}, as its flush sees them. */
interface PacketSlots extends TxRing {
    /** Whether native has slots of these, or is to get some. */
    boolean busy();

    /** Called after native took and gave back what it could. */
    void reclaimed();
}
