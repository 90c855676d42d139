package dev.diskcryptnet.atlas;

/**
 * What each data slot of one ring holds until it is sent, by slot number. The slots of a session form a list in the
 * order in which their ranges were issued, which is the order in which they leave.
 */
final class SlotTable {
    final IssueOrder order;
    /** The piece that the object's bytes are of; null when the slot holds bytes that we made only. */
    final Piece[] piece;
    /** Stream offset of the first byte, bytes that we made included. */
    final long[] streamOffset;
    /** Bytes that we made, in front of the object's. */
    final int[] prefixBytes;
    /** The object's bytes. */
    final int[] objectBytes;
    /** Where the object's first byte lies behind the payload offset: what reading whole blocks puts in front of it. */
    final int[] leadBytes;
    /** What the disk must have transferred. */
    final int[] readBytes;
    /** Where the object's bytes lie when they are not in the slot, or 0. */
    final long[] address;

    /** For each slot, what {@link ReuseDistance#fill} said of its last read. */
    private final long[] filled;

    private final ReuseDistance reuse;
    private final boolean[] done;
    private final int[] result;
    private long bytesInFlight;

    SlotTable(int slotCount, ReuseDistance reuse) {
        this.reuse = reuse;
        filled = new long[slotCount];
        order = new IssueOrder(slotCount);
        piece = new Piece[slotCount];
        streamOffset = new long[slotCount];
        prefixBytes = new int[slotCount];
        objectBytes = new int[slotCount];
        leadBytes = new int[slotCount];
        readBytes = new int[slotCount];
        address = new long[slotCount];
        done = new boolean[slotCount];
        result = new int[slotCount];
    }

    /** The slot holds {@code prefix} bytes that we made, and perhaps {@link #reads} behind them. */
    void occupy(int slot, Session owner, long offset, int prefix) {
        streamOffset[slot] = offset;
        prefixBytes[slot] = prefix;
        piece[slot] = null;
        objectBytes[slot] = 0;
        leadBytes[slot] = 0;
        readBytes[slot] = 0;
        address[slot] = 0;
        done[slot] = false;
        order.append(owner, slot);
    }

    void reads(int slot, Piece from, int lead, int length, int read) {
        piece[slot] = from;
        leadBytes[slot] = lead;
        objectBytes[slot] = length;
        readBytes[slot] = read;
        bytesInFlight += read;
        filled[slot] = reuse.fill(filled[slot], read);
    }

    /** The object's bytes lie in memory already. */
    void refers(int slot, Piece from, long at, int length) {
        piece[slot] = from;
        address[slot] = at;
        objectBytes[slot] = length;
    }

    /** The object's bytes that are left when the first {@code skip} bytes of what the slot holds are not sent. */
    int objectBytesAfter(int slot, int skip) {
        return objectBytes[slot] - Math.max(0, skip - prefixBytes[slot]);
    }

    /** What the slot waited for is there, or will not come: {@code readResult} as of the disk. */
    void complete(int slot, int readResult) {
        done[slot] = true;
        result[slot] = readResult;
        bytesInFlight -= readBytes[slot];
    }

    /** Whether the slot that must leave first waits for nothing. */
    boolean firstIsDone(Session owner) {
        return owner.firstSlot != IssueOrder.NONE && done[owner.firstSlot];
    }

    /** Whether all that the slot waited for came. */
    boolean isWhole(int slot) {
        return result[slot] == readBytes[slot];
    }

    /** What the disk said of the slot's read. */
    int result(int slot) {
        return result[slot];
    }

    long bytesInFlight() {
        return bytesInFlight;
    }
}
