package dev.diskcryptnet.tcp;

/**
 * Where the sending half of a connection stands, in stream offsets. Written by {@link Sender} alone.
 *
 * <pre>
 *   0        acknowledged            sentEnd        reservedEnd             streamEnd
 *   |  done  |  on the wire, or lost  |  being read  |  not asked for yet    |  FIN
 * </pre>
 *
 * The FIN is one past the stream's end and kept in flags of its own.
 */
final class SendStream {
    long acknowledged;
    long sentEnd;
    long reservedEnd;
    long streamEnd;
    boolean finished;
    boolean finSent;
    boolean finAcknowledged;

    long unaskedBytes() {
        return streamEnd - reservedEnd;
    }

    /** The FIN is all that the peer has not acknowledged. */
    boolean onlyFinIsOut() {
        return finSent && !finAcknowledged && acknowledged == streamEnd;
    }

    /** SND.NXT as an offset: the FIN counts as one. */
    long nextOffset() {
        return sentEnd + (finSent && sentEnd == streamEnd ? 1 : 0);
    }
}
