package dev.diskcryptnet.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.internal.tcnative.SSLContext;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509TrustManager;

/**
 * BoringSSL's context for one certificate: versions, suites, tickets, key log.
 *
 * <p>Reference counted: it lives until it is closed and the last engine from it is freed.
 */
final class TlsContext implements AutoCloseable {
    /** The only protocol that we speak (RFC 7301 6). */
    static final String HTTP_1_1 = "http/1.1";

    /** All three of TLS 1.3 (BoringSSL lets nobody choose there); in TLS 1.2 forward secrecy and AEAD, in our order. */
    private static final List<String> SUITES = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");

    /** Room that an engine has for its flight while it reads: most chains fit, longer ones take more rounds. */
    private static final int FLIGHT_BYTES = 8192;

    /**
     * tcnative's own context, which the key log wants. Netty shows only the {@code SSL_CTX} inside it ({@code
     * context()} and {@code sslCtxPointer()} alike), and that one in its place kills the JVM.
     */
    private static final VarHandle TCNATIVE_CONTEXT = tcnativeContext();

    private final ServerCertificate certificate;
    private final ReferenceCountedOpenSslContext context;

    /** Makes the context. @throws TlsConfigException when BoringSSL refuses the certificate or the key */
    TlsContext(ServerCertificate certificate, OpenSslSessionTicketKey[] ticketKeys) {
        this.certificate = certificate;
        this.context = build(certificate);
        boolean ready = false;
        try {
            context.setBioNonApplicationBufferSize(FLIGHT_BYTES);
            // Tickets are all that resumption needs; sessions kept here would take memory.
            sessions().setSessionCacheEnabled(false);
            setTicketKeys(ticketKeys);
            long pointer = (long) TCNATIVE_CONTEXT.get(context);
            if (!SSLContext.setKeyLogCallback(pointer, KeyLog.SHARED)) {
                throw new IllegalStateException(
                        "the TLS library has no key log: netty-tcnative-boringssl-static is needed");
            }
            ready = true;
        } finally {
            if (!ready) {
                context.release();
            }
        }
    }

    private static VarHandle tcnativeContext() {
        try {
            return MethodHandles.privateLookupIn(ReferenceCountedOpenSslContext.class, MethodHandles.lookup())
                    .findVarHandle(ReferenceCountedOpenSslContext.class, "ctx", long.class);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this version of netty-handler hides tcnative's context elsewhere", e);
        }
    }

    private static ReferenceCountedOpenSslContext build(ServerCertificate certificate) {
        try {
            return (ReferenceCountedOpenSslContext) SslContextBuilder.forServer(certificate.key(), certificate.chain())
                    .sslProvider(SslProvider.OPENSSL_REFCNT)
                    .protocols("TLSv1.3", "TLSv1.2")
                    .ciphers(SUITES)
                    .trustManager(new NoClients())
                    // The callers are pool threads: what takes long may take it there.
                    .option(OpenSslContextOption.USE_TASKS, false)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            HTTP_1_1))
                    .build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new TlsConfigException(
                    "certificate names=" + certificate.names() + " is refused by the TLS library", e);
        }
    }

    /**
     * Whom clients' certificates convince: nobody asks for any. Stands here so that no list of authorities is loaded.
     */
    private static final class NoClients implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("client certificates are not supported");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("a server trusts no server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private OpenSslServerSessionContext sessions() {
        return (OpenSslServerSessionContext) context.sessionContext();
    }

    /** Tickets are sealed by the first key from now on, and opened by any of them. */
    void setTicketKeys(OpenSslSessionTicketKey... keys) {
        sessions().setTicketKeys(keys);
    }

    ServerCertificate certificate() {
        return certificate;
    }

    /** A new engine, which the caller frees. The context must not be closed yet. */
    ReferenceCountedOpenSslEngine newEngine() {
        return (ReferenceCountedOpenSslEngine) context.newEngine(ByteBufAllocator.DEFAULT);
    }

    /** Lets go of the context; engines that are under way keep it until they are freed. */
    @Override
    public void close() {
        context.release();
    }
}
