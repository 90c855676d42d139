package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.tls.HandshakeStep.Outcome;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two independent clients against our handshake and what follows it. */
class HandshakeTest {
    private static final byte[] REQUEST = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RESPONSE = new byte[100_000];

    @TempDir
    private static Path directory;

    private static EngineLeaks leaks;
    private static TlsServer ec;
    private static TlsServer rsa;

    @BeforeAll
    static void makeServers() {
        leaks = EngineLeaks.watch();
        new Random(1).nextBytes(RESPONSE);
        ec = new TlsServer(
                List.of(TestCertificates.write(directory, "ec", TestCertificates.ec("one.example", "*.wild.example"))));
        rsa = new TlsServer(List.of(TestCertificates.write(directory, "rsa", TestCertificates.rsa("one.example"))));
    }

    @AfterAll
    static void leaveNothing() {
        ec.close();
        rsa.close();
        leaks.check();
    }

    private static Consumer<SSLParameters> settings(String version, String... suites) {
        return parameters -> {
            parameters.setProtocols(new String[] {version});
            if (suites.length > 0) {
                parameters.setCipherSuites(suites);
            }
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
        };
    }

    private static EngineClient jdk(String version, String... suites) {
        return EngineClient.jdk(EngineClient.jdkContext(), "one.example", settings(version, suites));
    }

    @ParameterizedTest
    @CsvSource({
        "TLSv1.3,TLS_AES_128_GCM_SHA256",
        "TLSv1.3,TLS_AES_256_GCM_SHA384",
        "TLSv1.3,TLS_CHACHA20_POLY1305_SHA256",
        "TLSv1.2,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLSv1.2,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLSv1.2,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLSv1.2,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    })
    void shouldTakeOverFromEverySuite(String version, String suite) throws SSLException {
        TlsServer server = suite.contains("_RSA_") ? rsa : ec;
        try (TlsLink link = TlsLink.connected(server, jdk(version, suite))) {
            assertEquals(suite, link.client.engine.getSession().getCipherSuite());
            assertEquals(version.equals("TLSv1.3") ? TlsVersion.TLS_1_3 : TlsVersion.TLS_1_2, link.takeover.version());
            String suiteName = link.takeover.suite().name();
            assertTrue(suite.contains(suiteName), suiteName);
            assertEquals("http/1.1", link.takeover.applicationProtocol());
            assertEquals("one.example", link.takeover.serverName());
            assertFalse(link.takeover.resumed());
            assertTrue(link.talks(REQUEST, RESPONSE));
            assertTrue(link.talks(RESPONSE, REQUEST));
        }
        SslContext context = EngineClient.boringContext(version, suite);
        try (TlsLink link = TlsLink.connected(server, EngineClient.boring(context, "one.example", p -> {}))) {
            assertTrue(link.talks(REQUEST, RESPONSE));
            assertTrue(link.talks(RESPONSE, REQUEST));
            assertNull(link.takeover.applicationProtocol());
        } finally {
            ReferenceCountUtil.release(context);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void shouldServeRsaCertificates(String version) throws SSLException {
        try (TlsLink link = TlsLink.connected(rsa, jdk(version))) {
            assertTrue(link.talks(REQUEST, RESPONSE));
        }
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.3,1", "TLSv1.3,7", "TLSv1.2,1", "TLSv1.2,64"})
    void shouldTakeTheHandshakeInPieces(String version, int pieceBytes) throws SSLException {
        try (TlsLink link = new TlsLink(ec, jdk(version), pieceBytes)) {
            assertEquals(Outcome.DONE, link.connect());
            assertTrue(link.talks(REQUEST, RESPONSE));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void shouldResumeFromATicket(String version) throws SSLException {
        SSLContext context = EngineClient.jdkContext();
        for (int i = 0; i < 4; i++) {
            var client = EngineClient.jdk(context, "one.example", settings(version));
            try (TlsLink link = TlsLink.connected(ec, client)) {
                assertEquals(i > 0, link.takeover.resumed(), "handshake " + i);
                assertTrue(link.talks(REQUEST, RESPONSE));
                client.closeNotify();
            }
        }
    }

    @Test
    void shouldSealTicketsBeforeTheFirstRecordOfOurs() throws SSLException {
        try (TlsLink link = TlsLink.connected(ec, jdk("TLSv1.3"))) {
            assertEquals(1, link.takeover.writeSequence(), "both tickets in one record");
            assertEquals(0, link.takeover.readSequence());
        }
        try (TlsLink link = TlsLink.connected(ec, jdk("TLSv1.2"))) {
            assertEquals(1, link.takeover.writeSequence());
            assertEquals(1, link.takeover.readSequence());
        }
    }

    @Test
    void shouldLeaveBytesBehindTheFinishedToUs() throws SSLException {
        try (TlsLink link = new TlsLink(ec, jdk("TLSv1.3"), Integer.MAX_VALUE)) {
            link.client.begin();
            HandshakeStep hello = link.handshake.step(link.client.takeOutput());
            link.client.receive(hello.output());
            link.client.send(REQUEST);
            byte[] flight = link.client.takeOutput();
            HandshakeStep done = link.handshake.step(flight);
            assertEquals(Outcome.DONE, done.outcome());
            assertTrue(flight.length - done.consumedBytes() >= REQUEST.length + 22, "the request is left");
            done.takeover().wipe();
            assertArrayEquals(new byte[48], Arrays.copyOf(done.takeover().readSecret(), 48));
        }
    }

    @Test
    void shouldAskForAnotherKeyShare() throws SSLException {
        Consumer<SSLParameters> odd = settings("TLSv1.3")
                .andThen(parameters -> parameters.setNamedGroups(new String[] {"ffdhe2048", "secp256r1"}));
        var client = EngineClient.jdk(EngineClient.jdkContext(), null, odd);
        try (TlsLink link = TlsLink.connected(ec, client)) {
            assertTrue(link.talks(REQUEST, RESPONSE));
            assertNull(link.takeover.serverName());
        }
    }

    @Test
    void shouldRefuseOtherApplicationProtocols() throws SSLException {
        var client = EngineClient.jdk(
                EngineClient.jdkContext(), null, parameters -> parameters.setApplicationProtocols(new String[] {"h2"}));
        try (TlsLink link = new TlsLink(ec, client, Integer.MAX_VALUE)) {
            SSLException alert = assertThrows(SSLException.class, link::connect);
            assertTrue(alert.getMessage().contains("no_application_protocol"), alert.getMessage());
            assertEquals(Outcome.FAILED, link.last.outcome());
        }
    }
}
