package dev.diskcryptnet.atlas;

import dev.diskcryptnet.volume.StoredObject;

/**
 * A part of what one connection has to say: bytes that we made, or a range of a stored object. Kept until all of it is
 * acknowledged, because it is what a retransmission is made from.
 */
final class Piece {
    /** First offset: see {@link Session}. */
    final long start;
    /** Offset just past the last byte. */
    final long end;
    /** What goes there, or null when a range of {@link #object} does. */
    final byte[] bytes;
    /** The object, or null when {@link #bytes} is not. */
    final StoredObject object;
    /** Whether a lease of {@link #object} ends with this piece: true of the last piece of it in a response. */
    final boolean leased;
    /** The object's byte that goes at {@link #start}. */
    final long objectOffset;
    /** When the request was whole whose response ends with this piece; 0 for other pieces. */
    long askedNs;
    /** What to tell when that response ends; null for other pieces, and where nothing is to be told. */
    AccessNote note;

    /** Bytes that we made. */
    Piece(long start, byte[] bytes) {
        this(start, bytes.length, bytes, null, false, 0);
    }

    /** A range of an object. */
    Piece(long start, long lengthBytes, StoredObject object, boolean leased, long objectOffset) {
        this(start, lengthBytes, null, object, leased, objectOffset);
    }

    private Piece(long start, long lengthBytes, byte[] bytes, StoredObject object, boolean leased, long objectOffset) {
        this.start = start;
        this.end = start + lengthBytes;
        this.bytes = bytes;
        this.object = object;
        this.leased = leased;
        this.objectOffset = objectOffset;
    }
}
