package dev.diskcryptnet.atlas;

import dev.diskcryptnet.tcp.TcpConnection;

/** What the loop knows of one connection above TCP: the pieces of its send stream, and where its requests stand. */
final class Session {
    /** What a connection is waiting for; each has a time limit of its own. */
    enum Phase {
        /** Between requests. */
        IDLE,
        /** A request head has begun and is not complete. */
        REQUEST,
        /** A response is on its way. */
        RESPONSE,
        /** Nothing more will be sent; the peer's FIN is awaited. */
        CLOSING
    }

    private static final int FIRST_CAPACITY = 4;

    final Lane lane;
    final TcpConnection connection;

    /** In order of stream offset; the first {@link #pieceCount} from {@link #firstPiece} on, cyclic. */
    private Piece[] pieces;

    private int firstPiece;
    private int pieceCount;

    Phase phase = Phase.IDLE;
    /** When the phase began or last made progress. */
    long phaseSinceNs;
    /** First and last data slot that holds a range of this session and has not been sent: see {@link SlotTable}. */
    int firstSlot = SlotTable.NONE;

    int lastSlot = SlotTable.NONE;
    /** Bytes of a request body that are still to be passed over. */
    int bodyBytesToSkip;
    /** Received bytes wait until pieces have been acknowledged. */
    boolean stalled;
    /** No further request is read. */
    boolean closing;
    /** The peer will send nothing more. */
    boolean remoteClosed;
    /** The connection is gone; what is in flight goes nowhere. */
    boolean closed;
    /** In the send queue. */
    boolean queued;
    /** Place in the lane's list of sessions. */
    int index;

    Session(Lane lane, TcpConnection connection, long nowNs) {
        this.lane = lane;
        this.connection = connection;
        this.phaseSinceNs = nowNs;
    }

    int pieceCount() {
        return pieceCount;
    }

    Piece piece(int i) {
        return pieces[(firstPiece + i) & (pieces.length - 1)];
    }

    void append(Piece piece) {
        if (pieces == null) {
            pieces = new Piece[FIRST_CAPACITY];
        } else if (pieceCount == pieces.length) {
            Piece[] grown = new Piece[pieces.length * 2];
            for (int i = 0; i < pieceCount; i++) {
                grown[i] = piece(i);
            }
            pieces = grown;
            firstPiece = 0;
        }
        pieces[(firstPiece + pieceCount) & (pieces.length - 1)] = piece;
        pieceCount++;
    }

    /** Index of the piece that holds {@code streamOffset}; there must be one. */
    int indexOf(long streamOffset) {
        for (int i = 0; i < pieceCount; i++) {
            if (streamOffset < piece(i).end) {
                return i;
            }
        }
        throw new IllegalStateException("streamOffset=" + streamOffset + " lies past the last piece of " + connection
                + ", pieces=" + pieceCount);
    }

    /** Drops pieces that end at or before {@code streamOffset} and gives their leases back. */
    void releaseBefore(long streamOffset) {
        while (pieceCount > 0 && piece(0).end <= streamOffset) {
            Piece piece = piece(0);
            pieces[firstPiece] = null;
            firstPiece = (firstPiece + 1) & (pieces.length - 1);
            pieceCount--;
            if (piece.leased) {
                piece.object.release();
            }
        }
        if (pieceCount == 0) {
            // An idle connection holds no array.
            pieces = null;
            firstPiece = 0;
        }
    }

    /** Whether ranges wait for a disk, or behind one that does. */
    boolean hasSlots() {
        return firstSlot != SlotTable.NONE;
    }

    void enter(Phase next, long nowNs) {
        phase = next;
        phaseSinceNs = nowNs;
    }
}
