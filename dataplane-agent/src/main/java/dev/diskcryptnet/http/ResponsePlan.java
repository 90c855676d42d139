package dev.diskcryptnet.http;

import java.util.ArrayList;
import java.util.List;

/**
 * A whole response as pieces in stream order: bytes we made (heads, part boundaries, error bodies) and ranges of the
 * resource, which are read from disk when they are due.
 */
public final class ResponsePlan {
    /** One piece: either {@code bytes} is not null, or a range of the resource is meant. */
    public record Piece(byte[] bytes, long resourceOffset, long lengthBytes) {
        /** Bytes we made. */
        public static Piece of(byte[] bytes) {
            return new Piece(bytes, -1, bytes.length);
        }

        /** {@code lengthBytes} bytes of the resource from {@code resourceOffset} on. */
        public static Piece ofResource(long resourceOffset, long lengthBytes) {
            return new Piece(null, resourceOffset, lengthBytes);
        }
    }

    private final int status;
    private final boolean keepAlive;
    private final List<Piece> pieces = new ArrayList<>(2);

    public ResponsePlan(int status, boolean keepAlive) {
        this.status = status;
        this.keepAlive = keepAlive;
    }

    /** Adds a piece at the end; empty ones are left out. */
    public ResponsePlan add(Piece piece) {
        if (piece.lengthBytes() > 0) {
            pieces.add(piece);
        }
        return this;
    }

    /** Status code. */
    public int status() {
        return status;
    }

    /** Whether the connection stays open for another request. */
    public boolean keepAlive() {
        return keepAlive;
    }

    /** Pieces in stream order. */
    public List<Piece> pieces() {
        return pieces;
    }
}
