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

    /** Bits of {@link #queues}. */
    static final int SENDING = 1;

    static final int WANTS_SLOT = 2;

    final Lane lane;
    final TcpConnection connection;
    /** The TLS side, or null in plain HTTP. */
    final TlsSession tls;
    /** What sends for this session. */
    final StreamSender sender;

    /**
     * In order of {@link Piece#start}, which is an offset in what we have to say: the send stream itself in plain HTTP, the
     * plaintext of its records under TLS. The first {@link #pieceCount} from {@link #firstPiece} on, cyclic. */
    private Piece[] pieces;

    private int firstPiece;
    private int pieceCount;

    Phase phase = Phase.IDLE;
    /** When the phase began or last made progress, and what was acknowledged of the send stream then. */
    long phaseSinceNs;

    private long progressOffset;
    /** First and last slot or unit that holds a range of this session and has not left: see {@link SlotTable}. */
    int firstSlot = IssueOrder.NONE;

    int lastSlot = IssueOrder.NONE;
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
    /** First offset of the send stream that could not be read, and since when; -1 when there is none. */
    private long unreadOffset = -1;

    private long unreadSinceNs;
    /** When the request was whole whose response has not begun to leave, and where that begins; 0 when there is none. */
    private long firstByteAskedNs;

    private long firstByteOffset;
    /** Which queues of its sender it is in. */
    int queues;
    /** Offset past the last piece, and past the last that was given to the send stream. */
    private long contentEnd;

    private long committedEnd;
    /** Offset up to which the client has acknowledged. */
    private long releasedEnd;
    /** Place in the lane's list of sessions. */
    int index;

    /** @param tls what a TLS listener's session has, or null */
    Session(Lane lane, TcpConnection connection, TlsSession tls, long nowNs) {
        this.lane = lane;
        this.connection = connection;
        this.tls = tls;
        this.sender = tls == null ? lane.sender : lane.sealedSender;
        this.phaseSinceNs = nowNs;
    }

    int pieceCount() {
        return pieceCount;
    }

    Piece piece(int i) {
        return pieces[(firstPiece + i) & (pieces.length - 1)];
    }

    /** Offset that the next piece starts at. */
    long contentEnd() {
        return contentEnd;
    }

    /** The pieces appended since the last {@link #commit} answer a request that became whole now. */
    void beginResponse(long nowNs) {
        piece(pieceCount - 1).askedNs = nowNs;
        // Behind another response that has not begun, the first byte's time would be that one's.
        if (firstByteAskedNs == 0) {
            firstByteAskedNs = nowNs;
            firstByteOffset = connection.streamEnd();
        }
    }

    /** What to tell of the response that has just begun, when it ends. */
    void note(AccessNote note) {
        piece(pieceCount - 1).note = note;
    }

    /** Path of the object that is being sent; empty when there is none. */
    String pathInProgress() {
        for (int i = 0; i < pieceCount; i++) {
            if (piece(i).object != null) {
                return piece(i).object.path();
            }
        }
        return "";
    }

    /** The connection is gone with responses on their way: tells of those that are to be told of. */
    void tellOfCutResponses(long nowNs, AccessRing ring, AccessRecord.Outcome outcome) {
        for (int i = 0; i < pieceCount; i++) {
            if (piece(i).note != null) {
                ring.onEnd(nowNs, this, piece(i), releasedEnd, outcome);
            }
        }
    }

    /** Stream bytes from {@code offset} on have been handed to the port. */
    void onTransmitted(long nowNs, long offset, int lengthBytes, AtlasCounters counters) {
        if (firstByteAskedNs != 0 && offset + lengthBytes > firstByteOffset) {
            counters.firstByteTime.record(nowNs - firstByteAskedNs);
            firstByteAskedNs = 0;
        }
    }

    /** Makes the pieces appended since the last call part of the send stream. */
    void commit() {
        connection.extend(tls == null ? contentEnd - committedEnd : tls.cut(this, committedEnd));
        committedEnd = contentEnd;
    }

    /** Ends the stream behind what has been committed. */
    void finish() {
        closing = true;
        if (tls != null) {
            tls.sayGoodbye(connection);
            sender.enqueue(this); // unlike a FIN, an alert does not leave by itself
        }
        connection.finish();
    }

    void append(Piece piece) {
        contentEnd = piece.end;
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

    /** Index of the piece that holds {@code offset}; there must be one. */
    int indexOf(long offset) {
        for (int i = 0; i < pieceCount; i++) {
            if (offset < piece(i).end) {
                return i;
            }
        }
        throw new IllegalStateException(
                "offset=" + offset + " lies past the last piece of " + connection + ", pieces=" + pieceCount);
    }

    /**
     * Drops what a peer that acknowledges the send stream up to {@code acknowledged} will not ask for again.
     *
     * @return whether a response ended
     */
    boolean releaseAcknowledged(long nowNs, long acknowledged, AtlasCounters counters) {
        boolean ended = false;
        long released = tls == null ? acknowledged : tls.records.release(acknowledged);
        counters.responseBytes.add(released - releasedEnd);
        releasedEnd = released;
        for (int i = 0; i < pieceCount && piece(i).end <= released; i++) {
            if (piece(i).askedNs != 0) {
                ended = true;
                counters.responseTime.record(nowNs - piece(i).askedNs);
            }
            if (piece(i).note != null) {
                counters.access.onEnd(nowNs, this, piece(i), released, AccessRecord.Outcome.COMPLETE);
            }
        }
        releaseBefore(released);
        return ended;
    }

    /** Drops everything: the session is closed and nothing of it is in flight. */
    void releaseAll() {
        releaseBefore(Long.MAX_VALUE);
    }

    /** Drops pieces that end at or before {@code offset} and gives their leases back. */
    private void releaseBefore(long offset) {
        while (pieceCount > 0 && piece(0).end <= offset) {
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

    /**
     * A range could not be read.
     *
     * @return for how long the stream has not got past such a range
     */
    long unreadForNs(long nowNs, long offset) {
        if (unreadOffset < 0 || connection.acknowledged() > unreadOffset) {
            unreadOffset = offset;
            unreadSinceNs = nowNs;
        }
        unreadOffset = Math.min(unreadOffset, offset);
        return nowNs - unreadSinceNs;
    }

    /** Whether ranges wait for a disk, or behind one that does. */
    boolean hasSlots() {
        return firstSlot != IssueOrder.NONE;
    }

    void enter(Phase next, long nowNs) {
        phase = next;
        noteProgress(nowNs);
    }

    /** The phase's limit begins anew. */
    void noteProgress(long nowNs) {
        phaseSinceNs = nowNs;
        progressOffset = connection.acknowledged();
    }

    /** Bytes of the send stream that were acknowledged since the phase began or last made progress. */
    long acknowledgedSinceProgress() {
        return connection.acknowledged() - progressOffset;
    }
}
