package dev.diskcryptnet.tls;

/**
 * What became of one step of a handshake.
 *
 * @param output records for the client, possibly none. On {@link Outcome#FAILED} the alert as the engine sealed it: send
 *     it, then close
 * @param consumedBytes bytes of the step's input that need not be given again; the rest begins a record. On
 *     {@link Outcome#DONE} the rest is application records, for a {@link RecordReader}
 * @param outcome what to do next
 * @param takeover keys and facts on {@link Outcome#DONE}, else null. Whoever gets it wipes it
 * @param reason why it failed, for a log at debug level; else null. Holds no secret
 */
public record HandshakeStep(byte[] output, int consumedBytes, Outcome outcome, Takeover takeover, String reason) {
    private static final byte[] NOTHING = {};

    /** What to do next. */
    public enum Outcome {
        /** Send the output; come back with more bytes. */
        MORE,
        /** Send the output; from here on records are ours. */
        DONE,
        /** Send the output, then close. */
        FAILED
    }

    static HandshakeStep more(byte[] output, int consumedBytes) {
        return new HandshakeStep(output, consumedBytes, Outcome.MORE, null, null);
    }

    static HandshakeStep done(byte[] output, int consumedBytes, Takeover takeover) {
        return new HandshakeStep(output, consumedBytes, Outcome.DONE, takeover, null);
    }

    static HandshakeStep failed(byte[] output, int consumedBytes, String reason) {
        return new HandshakeStep(output, consumedBytes, Outcome.FAILED, null, reason);
    }

    static HandshakeStep failed(String reason) {
        return failed(NOTHING, 0, reason);
    }

    /** Outcome and sizes; no content. */
    @Override
    public String toString() {
        return "HandshakeStep[outcome=" + outcome + " outputBytes=" + output.length + " consumedBytes=" + consumedBytes
                + " takeover=" + takeover + " reason=" + reason + "]";
    }
}
