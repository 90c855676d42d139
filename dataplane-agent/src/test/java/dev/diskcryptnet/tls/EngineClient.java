package dev.diskcryptnet.tls;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/** A TLS client over an {@link SSLEngine}: bytes in, bytes out, no network. */
final class EngineClient implements AutoCloseable {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    final SSLEngine engine;
    final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final ByteBuffer scratch = ByteBuffer.allocate(40_000);
    private byte[] input = {};

    private EngineClient(SSLEngine engine) {
        this.engine = engine;
    }

    /** The JDK's engine; contexts that are the same resume sessions. */
    static EngineClient jdk(SSLContext context, String host, Consumer<SSLParameters> settings) {
        SSLEngine engine = context.createSSLEngine("peer", 443);
        engine.setUseClientMode(true);
        return new EngineClient(set(engine, host, settings));
    }

    static SSLContext jdkContext() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Netty's engine over BoringSSL. */
    static EngineClient boring(SslContext context, String host, Consumer<SSLParameters> settings) {
        return new EngineClient(set(context.newEngine(UnpooledByteBufAllocator.DEFAULT, "peer", 443), host, settings));
    }

    static SslContext boringContext(String version, String... suites) {
        try {
            return SslContextBuilder.forClient()
                    .sslProvider(SslProvider.OPENSSL_REFCNT)
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .endpointIdentificationAlgorithm(null)
                    .protocols(version)
                    .ciphers(suites.length == 0 ? null : List.of(suites))
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLEngine set(SSLEngine engine, String host, Consumer<SSLParameters> settings) {
        SSLParameters parameters = engine.getSSLParameters();
        if (host != null) {
            parameters.setServerNames(List.of(new SNIHostName(host)));
        }
        settings.accept(parameters);
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** Says hello. */
    void begin() throws SSLException {
        engine.beginHandshake();
        run();
    }

    /** What it has to say, once. */
    byte[] takeOutput() {
        byte[] bytes = output.toByteArray();
        output.reset();
        return bytes;
    }

    /** Takes bytes from the server; what was application data is in {@link #received} afterwards. */
    void receive(byte[] bytes) throws SSLException {
        byte[] all = Arrays.copyOf(input, input.length + bytes.length);
        System.arraycopy(bytes, 0, all, input.length, bytes.length);
        input = all;
        run();
    }

    /** Goes as far as it can with what it has. */
    void run() throws SSLException {
        for (int i = 0; i < 1000; i++) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> engine.getDelegatedTask().run();
                case NEED_WRAP -> {
                    if (wrap(NOTHING).getStatus() == SSLEngineResult.Status.CLOSED && input.length == 0) {
                        return;
                    }
                }
                default -> {
                    if (!unwrap()) {
                        return;
                    }
                }
            }
        }
        throw new IllegalStateException("the client goes in circles: " + engine.getHandshakeStatus());
    }

    private boolean unwrap() throws SSLException {
        if (input.length == 0) {
            return false;
        }
        ByteBuffer in = ByteBuffer.wrap(input);
        SSLEngineResult result = engine.unwrap(in, scratch.clear());
        received.write(scratch.array(), 0, scratch.position());
        input = Arrays.copyOfRange(input, in.position(), input.length);
        return result.bytesConsumed() > 0;
    }

    private SSLEngineResult wrap(ByteBuffer plaintext) throws SSLException {
        SSLEngineResult result = engine.wrap(plaintext, scratch.clear());
        output.write(scratch.array(), 0, scratch.position());
        return result;
    }

    /** Sends application data. */
    void send(byte[] plaintext) throws SSLException {
        ByteBuffer in = ByteBuffer.wrap(plaintext);
        while (in.hasRemaining()) {
            SSLEngineResult result = wrap(in);
            if (result.bytesProduced() == 0) {
                throw new SSLException("the client cannot send: " + result);
            }
        }
    }

    /** Takes bytes that are wrong, and says so: one of the engines throws before, one after it. */
    void receiveAndFail(byte[] bytes) {
        try {
            receive(bytes);
        } catch (SSLException e) {
            // The alert is what counts.
        }
        try {
            wrap(NOTHING);
        } catch (SSLException e) {
            // The alert is what counts.
        }
    }

    void closeNotify() throws SSLException {
        engine.closeOutbound();
        wrap(NOTHING);
    }

    @Override
    public void close() {
        ReferenceCountUtil.release(engine);
    }
}
