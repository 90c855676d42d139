package dev.diskcryptnet.atlas;

/** What each data slot of one ring holds while a disk is filling it, by slot number. */
final class SlotTable {
    final Session[] session;
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

    private int inFlight;
    private long bytesInFlight;

    SlotTable(int slotCount) {
        session = new Session[slotCount];
        piece = new Piece[slotCount];
        streamOffset = new long[slotCount];
        prefixBytes = new int[slotCount];
        objectBytes = new int[slotCount];
        leadBytes = new int[slotCount];
        readBytes = new int[slotCount];
    }

    void occupy(int slot, Session owner, long offset, int prefix) {
        session[slot] = owner;
        streamOffset[slot] = offset;
        prefixBytes[slot] = prefix;
        owner.slotsInFlight++;
        inFlight++;
    }

    void reads(int slot, Piece from, int lead, int length, int read) {
        piece[slot] = from;
        leadBytes[slot] = lead;
        objectBytes[slot] = length;
        readBytes[slot] = read;
        bytesInFlight += read;
    }

    /** The slot's read is over, one way or another. */
    Session vacate(int slot) {
        Session owner = session[slot];
        session[slot] = null;
        piece[slot] = null;
        owner.slotsInFlight--;
        inFlight--;
        bytesInFlight -= readBytes[slot];
        return owner;
    }

    int inFlight() {
        return inFlight;
    }

    long bytesInFlight() {
        return bytesInFlight;
    }
}
