package dev.diskcryptnet.tls;

import org.agrona.DirectBuffer;

/**
 * One side of one TLS handshake, fed with the bytes that the other sends, a step at a time, in a {@link HandshakePool}.
 */
public interface Handshake {
    /** Where a listener's handshakes come from. */
    interface Source {
        /** A handshake for a connection that was just accepted. Any thread. */
        Handshake newHandshake();
    }

    /**
     * Whether a step would find something to do: a whole record, or a header that is wrong already.
     *
     * @param offset where a record begins
     * @param lengthBytes bytes there
     */
    static boolean hasRecord(DirectBuffer buffer, int offset, int lengthBytes) {
        if (lengthBytes < RecordDescriptor.HEADER_BYTES) {
            return false;
        }
        int fragmentBytes = (buffer.getByte(offset + RecordDescriptor.LENGTH) & 0xFF) << 8
                | buffer.getByte(offset + RecordDescriptor.LENGTH + 1) & 0xFF;
        Alert wrong = ServerHandshake.check(
                buffer.getByte(offset + RecordDescriptor.TYPE),
                buffer.getByte(offset + RecordDescriptor.VERSION),
                fragmentBytes);
        return wrong != null || lengthBytes >= RecordDescriptor.HEADER_BYTES + fragmentBytes;
    }

    /**
     * Takes the handshake as far as the input goes. Pool threads only, never two at a time.
     *
     * @param input what the client sent and no step consumed yet, from the start of a record
     * @return never null; after {@link #abandon()} a failure without output
     * @throws IllegalStateException when a step runs already, or the handshake is over
     */
    HandshakeStep step(byte[] input);

    /**
     * Marks that a step will run, for those to whom it matters.
     *
     * @throws IllegalStateException when one is queued or running already
     */
    default void queue() {}

    /** Takes {@link #queue()} back. */
    default void unqueue() {}

    /**
     * Gives the handshake up, and frees the engine if it was not freed yet. From any thread, at any time, more than
     * once. While a step is queued or runs, that step frees it and its outcome is a failure; a step's result that was
     * on its way already is the caller's to wipe.
     */
    void abandon();
}
