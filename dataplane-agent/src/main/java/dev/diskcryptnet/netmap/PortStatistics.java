package dev.diskcryptnet.netmap;

/**
 * What went through a {@link PortQueue} since it was opened. Written by the queue's thread and read there; {@link
 * PortCounters} shows it to others. A frame of many segments counts once, with the bytes that it had in its slot.
 */
public final class PortStatistics {
    long receivedFrames;
    long receivedBytes;
    long sentFrames;
    long sentBytes;
    long sentPackets;
    long receiveDroppedRingFull;
    long receiveTruncated;
    long synsShed;
    long sendDroppedLinkDown;
    long sendDroppedRefused;
    long sendDroppedInvalid;
    long sendRetries;

    /** Frames handed to a {@link FrameHandler}. */
    public long receivedFrames() {
        return receivedFrames;
    }

    /** Bytes of those. */
    public long receivedBytes() {
        return receivedBytes;
    }

    /** Frames given to {@link TxRing#send}, also those dropped later. */
    public long sentFrames() {
        return sentFrames;
    }

    /** Bytes of those. */
    public long sentBytes() {
        return sentBytes;
    }

    /** Packets that those frames are on the wire. */
    public long sentPackets() {
        return sentPackets;
    }

    /** Counts a frame that was given to {@link TxRing#send}; parameters as there. */
    void onSent(int frameBytes, int segmentBytes, int headerBytes) {
        sentFrames++;
        sentBytes += frameBytes;
        sentPackets += packets(frameBytes, segmentBytes, headerBytes);
    }

    static int packets(int frameBytes, int segmentBytes, int headerBytes) {
        return segmentBytes == 0 ? 1 : (frameBytes - headerBytes + segmentBytes - 1) / segmentBytes;
    }

    /** Frames lost because the receive ring was full. */
    public long receiveDroppedRingFull() {
        return receiveDroppedRingFull;
    }

    /** Frames handed over without their tail. */
    public long receiveTruncated() {
        return receiveTruncated;
    }

    /** SYNs dropped in front of the receive ring because more came than the driver's limit. */
    public long synsShed() {
        return synsShed;
    }

    /** Frames dropped because the link was down. */
    public long sendDroppedLinkDown() {
        return sendDroppedLinkDown;
    }

    /** Frames dropped because the device, though up, took none for too long. */
    public long sendDroppedRefused() {
        return sendDroppedRefused;
    }

    /** Frames dropped because they did not fit their slot, or were no frames: a fault of ours. */
    public long sendDroppedInvalid() {
        return sendDroppedInvalid;
    }

    /** Flushes after which the device had not taken everything that was ready. */
    public long sendRetries() {
        return sendRetries;
    }
}
