package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A ring of transmit slots in memory that devices may write to and read from.
 *
 * <pre>
 *   slot   0           payloadOffset (page aligned)                 slotBytes
 *          |  headroom |  payload: maxPayloadBytes                  |
 *                  ^ headers stand right in front of the payload
 * </pre>
 *
 * <p>Ownership: a slot is the caller's from {@link #take} until {@link #send} or {@link #cancel}; then it is the
 * device's until {@link PortQueue#flush} has taken it back. Slots leave in the order in which they were taken, so a
 * slot that is neither sent nor cancelled holds up those behind it.
 */
public interface TxRing {
    /** Slots in the ring; slot numbers are 0 to slotCount - 1. */
    int slotCount();

    /** Slots that {@link #take} would give now. */
    int available();

    /**
     * Takes the next slot in ring order, or -1 when none is free: {@link PortQueue#waitDescriptor} then announces the
     * next one that the device gives back.
     */
    int take();

    /** The memory of all slots, to be registered with disks. */
    OffHeapRegion region();

    /** View of {@link #region()}. */
    UnsafeBuffer buffer();

    /** Offset of a slot in {@link #buffer()}; page aligned in a ring of large slots. */
    int slotOffset(int slot);

    /** Offset of the payload area within a slot; also the headroom in bytes. */
    int payloadOffset();

    /** Bytes from {@link #payloadOffset()} to the slot's end. */
    int maxPayloadBytes();

    /**
     * Marks a slot ready: it goes out at the next {@link PortQueue#flush} when all before it have.
     *
     * @param slot from {@link #take}
     * @param frameOffset offset in {@link #buffer()} of the Ethernet header
     * @param frameBytes length of the frame
     * @param segmentBytes TCP payload bytes per wire packet when the frame holds more than one, else 0
     * @param headerBytes Ethernet, IP and TCP header bytes in front of the TCP payload; used when segmentBytes is not 0
     * @param checksumStart offset from the Ethernet header where the device starts the checksum (the TCP header) with the
     *     pseudo-header sum already in the checksum field at {@code checksumStart + 16}; 0 when the frame is complete
     */
    void send(int slot, int frameOffset, int frameBytes, int segmentBytes, int headerBytes, int checksumStart);

    /**
     * Whether {@link #refer} may be called: what is sent from here is copied by whoever takes it. A ring that looks into
     * frames, or changes them, does not take references.
     */
    default boolean takesReferences() {
        return false;
    }

    /**
     * Says that the frame that the next {@link #send} of this slot sends ends with bytes that lie elsewhere. Its {@code
     * frameBytes} counts them; in the slot lies what is in front of them, all headers at least. The memory must be
     * readable until {@link PortQueue#flush} has returned; a frame whose bytes turn out not to be is lost.
     *
     * @param slot taken
     * @param lengthBytes bytes from {@code address} on, above 0
     * @throws UnsupportedOperationException when the ring takes no references
     */
    default void refer(int slot, long address, int lengthBytes) {
        throw new UnsupportedOperationException("slot=" + slot + ": the ring takes no references");
    }

    /** Gives a taken slot back unsent. */
    void cancel(int slot);
}
