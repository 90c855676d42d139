package dev.diskcryptnet.tls;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;

/**
 * The server's side of one TLS handshake, fed with the bytes that the client sends.
 *
 * <p>A step computes for up to a millisecond (a signature, a key exchange): it runs in a {@link HandshakePool}, one at
 * a time. The engine's memory is freed at the end of the step that ends the handshake, or by {@link #abandon()}.
 */
final class ServerHandshake implements Handshake {
    /** Most that a client may send before its handshake is done. */
    static final int MAX_INPUT_BYTES = 64 * 1024;

    private static final int FIRST_TYPE = RecordDescriptor.CHANGE_CIPHER_SPEC;
    private static final int LAST_TYPE = RecordDescriptor.APPLICATION_DATA;
    private static final int MAJOR_VERSION = 3;

    private enum State {
        IDLE,
        QUEUED,
        RUNNING,
        /** Given up while queued or running; whoever runs it frees it. */
        ABANDONED,
        OVER
    }

    private final TlsServer server;
    private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);

    // From here on: only whoever holds the state RUNNING, or moved it to OVER, touches these.
    private HelloRecords hello = new HelloRecords();
    private HandshakeEngine engine;
    private String serverName;
    private int inputBytes;

    ServerHandshake(TlsServer server) {
        this.server = server;
    }

    /** What is wrong with a record by its header alone, or null. */
    static Alert check(int type, int majorVersion, int fragmentBytes) {
        if (type < FIRST_TYPE || type > LAST_TYPE) {
            return Alert.UNEXPECTED_MESSAGE; // plain HTTP, for one
        }
        if (majorVersion != MAJOR_VERSION) {
            return Alert.PROTOCOL_VERSION;
        }
        return fragmentBytes > RecordDescriptor.MAX_FRAGMENT_BYTES ? Alert.RECORD_OVERFLOW : null;
    }

    @Override
    public HandshakeStep step(byte[] input) {
        State before = state.compareAndExchange(State.QUEUED, State.RUNNING);
        if (before == State.IDLE) {
            before = state.compareAndExchange(State.IDLE, State.RUNNING);
        }
        if (before == State.ABANDONED) {
            return giveUp(null);
        }
        if (before != State.QUEUED && before != State.IDLE) {
            throw new IllegalStateException("handshake state=" + before + ": one step at a time, and none at the end");
        }
        HandshakeStep step;
        try {
            step = run(input);
        } catch (RuntimeException e) {
            step = HandshakeStep.failed(e.toString());
        }
        return end(step);
    }

    private HandshakeStep end(HandshakeStep step) {
        if (step.outcome() == HandshakeStep.Outcome.MORE && state.compareAndSet(State.RUNNING, State.IDLE)) {
            return step;
        }
        if (!state.compareAndSet(State.RUNNING, State.OVER)) {
            return giveUp(step.takeover());
        }
        free();
        return step;
    }

    private HandshakeStep giveUp(Takeover takeover) {
        state.set(State.OVER);
        free();
        if (takeover != null) {
            takeover.wipe();
        }
        return HandshakeStep.failed("abandoned");
    }

    private HandshakeStep run(byte[] input) {
        var output = new ByteArrayOutputStream();
        int consumed = 0;
        try {
            while (input.length - consumed >= RecordDescriptor.HEADER_BYTES) {
                int fragmentBytes = RecordDescriptor.fragmentBytes(input, consumed);
                refuse(check(input[consumed], input[consumed + RecordDescriptor.VERSION], fragmentBytes));
                int recordBytes = RecordDescriptor.HEADER_BYTES + fragmentBytes;
                if (input.length - consumed < recordBytes) {
                    break;
                }
                inputBytes += recordBytes;
                if (inputBytes > MAX_INPUT_BYTES) {
                    refuse(Alert.HANDSHAKE_FAILURE);
                }
                read(input, consumed, recordBytes, output);
                consumed += recordBytes;
                if (engine != null && engine.isFinished()) {
                    Takeover takeover = engine.finish(serverName, output);
                    return HandshakeStep.done(output.toByteArray(), consumed, takeover);
                }
            }
            return HandshakeStep.more(output.toByteArray(), consumed);
        } catch (Refused e) {
            if (engine == null) { // later on the client would not take an alert in the clear
                output.writeBytes(e.alert.plaintextRecord());
            }
            return HandshakeStep.failed(output.toByteArray(), consumed, e.getMessage());
        } catch (SSLException e) {
            return HandshakeStep.failed(output.toByteArray(), consumed, e.getMessage());
        }
    }

    private void read(byte[] input, int offset, int recordBytes, ByteArrayOutputStream output)
            throws SSLException, Refused {
        if (engine != null) {
            engine.read(input, offset, recordBytes, output);
            return;
        }
        if (!hello.add(input, offset, recordBytes)) {
            return;
        }
        ClientHello message = hello.hello();
        if (message.excludes(TlsContext.HTTP_1_1)) {
            refuse(Alert.NO_APPLICATION_PROTOCOL); // RFC 7301 3.2; the engine would go on without a protocol
        }
        serverName = message.serverName();
        engine = server.newEngine(message);
        byte[] records = hello.records();
        hello = null;
        for (int at = 0; at < records.length; ) {
            int length = RecordDescriptor.HEADER_BYTES + RecordDescriptor.fragmentBytes(records, at);
            engine.read(records, at, length, output);
            at += length;
        }
    }

    /** What we refuse before, or without, the engine. */
    private static final class Refused extends Exception {
        private final transient Alert alert;

        Refused(Alert alert) {
            super(alert.name(), null, false, false);
            this.alert = alert;
        }
    }

    private static void refuse(Alert alert) throws Refused {
        if (alert != null) {
            throw new Refused(alert);
        }
    }

    @Override
    public void queue() {
        if (!state.compareAndSet(State.IDLE, State.QUEUED) && state.get() != State.ABANDONED) {
            throw new IllegalStateException(
                    "handshake state=" + state.get() + ": one step at a time, and none at the end");
        }
    }

    @Override
    public void unqueue() {
        if (!state.compareAndSet(State.QUEUED, State.IDLE)) {
            giveUp(null);
        }
    }

    @Override
    public void abandon() {
        while (true) {
            State now = state.get();
            switch (now) {
                case IDLE -> {
                    if (state.compareAndSet(State.IDLE, State.OVER)) {
                        free();
                        return;
                    }
                }
                case QUEUED, RUNNING -> {
                    if (state.compareAndSet(now, State.ABANDONED)) {
                        return;
                    }
                }
                case ABANDONED, OVER -> {
                    return;
                }
            }
        }
    }

    private void free() {
        if (engine != null) {
            engine.close();
            engine = null;
        }
        hello = null;
    }
}
