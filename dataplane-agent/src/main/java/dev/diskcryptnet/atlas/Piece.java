package dev.diskcryptnet.atlas;

import dev.diskcryptnet.volume.StoredObject;

/**
 * A run of one connection's send stream: bytes that we made, or a range of a stored object. Kept until all of it is
 * acknowledged, because it is what a retransmission is made from.
 */
final class Piece {
    /** First stream offset. */
    final long start;
    /** Stream offset just past the last byte. */
    final long end;
    /** What goes there, or null when a range of {@link #object} does. */
    final byte[] bytes;
    /** The object, leased for as long as the piece lives; null when {@link #bytes} is not. */
    final StoredObject object;
    /** The object's byte that goes at {@link #start}. */
    final long objectOffset;

    Piece(long start, long lengthBytes, byte[] bytes, StoredObject object, long objectOffset) {
        this.start = start;
        this.end = start + lengthBytes;
        this.bytes = bytes;
        this.object = object;
        this.objectOffset = objectOffset;
    }
}
