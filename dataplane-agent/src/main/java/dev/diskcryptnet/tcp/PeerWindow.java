package dev.diskcryptnet.tcp;

/** What the peer lets us send: RFC 9293 3.8.6 and 3.10.7.4. */
final class PeerWindow {
    private final int shift;
    private long windowBytes;
    private long end;
    private long maxWindowBytes;
    /** Receive offset of the segment that last updated the window (SND.WL1) and its acknowledgement (SND.WL2). */
    private long updateSequence = Long.MIN_VALUE;

    private long updateAcknowledgement;

    PeerWindow(int shift) {
        this.shift = shift;
    }

    /** Stream offset past the last byte that may be sent. */
    long end() {
        return end;
    }

    long windowBytes() {
        return windowBytes;
    }

    /** Largest window ever offered (MAX.SND.WND, RFC 5961 5.2). */
    long maxWindowBytes() {
        return maxWindowBytes;
    }

    /**
     * @param field the window field of a segment that is not a SYN
     * @return whether the window changed
     */
    boolean update(int field, long sequence, long acknowledgement) {
        boolean newer =
                updateSequence < sequence || updateSequence == sequence && updateAcknowledgement <= acknowledgement;
        if (!newer) {
            return false;
        }
        long bytes = (long) field << shift;
        boolean changed = bytes != windowBytes;
        windowBytes = bytes;
        end = acknowledgement + bytes;
        maxWindowBytes = Math.max(maxWindowBytes, bytes);
        updateSequence = sequence;
        updateAcknowledgement = acknowledgement;
        return changed;
    }
}
