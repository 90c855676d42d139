package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.tls.HandshakeStep.Outcome;
import dev.diskcryptnet.tls.TlsServer.CertificateFiles;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which certificate a client sees, and what becomes of certificates on disk. */
class TlsServerTest {
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

    private static EngineLeaks leaks;

    @TempDir
    private Path directory;

    @BeforeAll
    static void watch() {
        leaks = EngineLeaks.watch();
    }

    @AfterAll
    static void leaveNothing() {
        leaks.check();
    }

    private static TlsLink connect(TlsServer server, String host, Consumer<SSLParameters> settings)
            throws SSLException {
        return TlsLink.connected(server, EngineClient.jdk(EngineClient.jdkContext(), host, settings));
    }

    private static Certificate seen(TlsServer server, String host, Consumer<SSLParameters> settings)
            throws SSLException {
        try (TlsLink link = connect(server, host, settings)) {
            assertTrue(link.talks(HELLO, HELLO));
            return link.client.engine.getSession().getPeerCertificates()[0];
        }
    }

    private static Certificate seen(TlsServer server, String host) throws SSLException {
        return seen(server, host, settings -> {});
    }

    private CertificateFiles write(String name, X509Bundle bundle) {
        return TestCertificates.write(directory, name, bundle);
    }

    @Test
    void shouldChooseTheCertificateByName() throws SSLException {
        X509Bundle first = TestCertificates.ec("first.example");
        X509Bundle exact = TestCertificates.ec("special.wild.example", "other.example");
        X509Bundle wild = TestCertificates.ec("*.wild.example");
        try (var server = new TlsServer(List.of(write("first", first), write("wild", wild), write("exact", exact)))) {
            assertEquals(first.getCertificate(), seen(server, null));
            assertEquals(first.getCertificate(), seen(server, "first.example"));
            assertEquals(first.getCertificate(), seen(server, "unknown.example"));
            assertEquals(exact.getCertificate(), seen(server, "OTHER.example"));
            assertEquals(exact.getCertificate(), seen(server, "special.wild.example"));
            assertEquals(wild.getCertificate(), seen(server, "any.wild.example"));
            assertEquals(first.getCertificate(), seen(server, "a.b.wild.example"), "one label only");
            assertEquals(first.getCertificate(), seen(server, "wild.example"));
            assertEquals(List.of("*.wild.example"), server.certificates().get(1).names());
            assertTrue(server.certificates().getFirst().notAfter().isAfter(Instant.now()));
        }
    }

    @Test
    void shouldChooseTheKeyThatTheClientAccepts() throws SSLException {
        X509Bundle ec = TestCertificates.ec("one.example");
        X509Bundle rsa = TestCertificates.rsa("one.example");
        Consumer<SSLParameters> rsaOnly =
                settings -> settings.setSignatureSchemes(new String[] {"rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"});
        Consumer<SSLParameters> rsaSuite = settings -> {
            settings.setProtocols(new String[] {"TLSv1.2"});
            settings.setCipherSuites(new String[] {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
        };
        try (var server = new TlsServer(List.of(write("ec", ec), write("rsa", rsa)))) {
            for (String host : new String[] {"one.example", "unknown.example", null}) {
                assertEquals(ec.getCertificate(), seen(server, host));
                assertEquals(rsa.getCertificate(), seen(server, host, rsaOnly));
                assertEquals(rsa.getCertificate(), seen(server, host, rsaSuite));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Algorithm.class,
            names = {"ecp256", "ecp384", "rsa2048", "rsa3072"})
    void shouldServeKeysInEveryForm(Algorithm algorithm) throws IOException {
        X509Bundle bundle = TestCertificates.build(algorithm, "one.example");
        String old = traditional(bundle.getKeyPair().getPrivate());
        assertTrue(old.matches("(?s)-----BEGIN (RSA|EC) PRIVATE KEY.*"));
        for (String key : new String[] {bundle.getPrivateKeyPEM(), old}) {
            CertificateFiles files = TestCertificates.write(directory, "any", bundle.getCertificatePathPEM(), key);
            try (var server = new TlsServer(List.of(files))) {
                assertEquals(bundle.getCertificate(), seen(server, "one.example"));
            }
        }
    }

    /** PKCS #1 or SEC 1, as OpenSSL and cert-manager write them. */
    private static String traditional(PrivateKey key) throws IOException {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(key.getEncoded());
        if (!(key instanceof ECPrivateKey ec)) {
            return pem(
                    "RSA PRIVATE KEY", info.parsePrivateKey().toASN1Primitive().getEncoded());
        }
        int bits = ec.getParams().getOrder().bitLength();
        var curve = info.getPrivateKeyAlgorithm().getParameters();
        return pem("EC PRIVATE KEY", new org.bouncycastle.asn1.sec.ECPrivateKey(bits, ec.getS(), curve).getEncoded());
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + type
                + "-----\n";
    }

    @Test
    void shouldSendTheWholeChain() throws Exception {
        X509Bundle root = TestCertificates.ec("root.example");
        X509Bundle leaf = new CertificateBuilder()
                .ecp256()
                .subject("CN=leaf")
                .addSanDnsName("one.example")
                .notAfter(Instant.now().plus(Duration.ofDays(1)))
                .buildIssuedBy(root);
        String chain = leaf.getCertificatePEM() + "\n" + root.getCertificatePEM();
        CertificateFiles files = TestCertificates.write(directory, "chain", chain, leaf.getPrivateKeyPEM());
        try (var server = new TlsServer(List.of(files));
                TlsLink link = connect(server, "one.example", settings -> {})) {
            Certificate[] seen = link.client.engine.getSession().getPeerCertificates();
            assertEquals(List.of(leaf.getCertificate(), root.getCertificate()), List.of(seen));
            assertTrue(server.certificates()
                    .getFirst()
                    .notAfter()
                    .isBefore(Instant.now().plus(Duration.ofDays(2))));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void shouldLoadChangedCertificatesWhileConnectionsGoOn(String version) throws SSLException {
        X509Bundle before = TestCertificates.ec("one.example");
        X509Bundle after = TestCertificates.ec("one.example");
        CertificateFiles files = write("one", before);
        Consumer<SSLParameters> settings = all -> all.setProtocols(new String[] {version});
        SSLContext context = EngineClient.jdkContext();
        try (var server = new TlsServer(List.of(files));
                TlsLink open = TlsLink.connected(server, EngineClient.jdk(context, "one.example", settings))) {
            assertFalse(server.reloadIfChanged());
            var halfway = EngineClient.jdk(EngineClient.jdkContext(), "one.example", settings);
            halfway.begin();
            Handshake handshake = server.newHandshake();
            halfway.receive(handshake.step(halfway.takeOutput()).output());
            assertTrue(open.talks(HELLO, HELLO));

            write("one", after);
            assertTrue(server.reloadIfChanged());
            assertFalse(server.reloadIfChanged());

            assertTrue(open.talks(HELLO, HELLO));
            HandshakeStep done = handshake.step(halfway.takeOutput());
            assertEquals(Outcome.DONE, done.outcome(), "what had begun is finished");
            done.takeover().wipe();
            assertEquals(after.getCertificate(), seen(server, "one.example", settings));
            try (TlsLink again = TlsLink.connected(server, EngineClient.jdk(context, "one.example", settings))) {
                assertTrue(again.takeover.resumed(), "tickets outlive the certificate");
                assertTrue(again.talks(HELLO, HELLO));
            }
        }
    }

    @Test
    void shouldKeepTheOldCertificateWhenTheNewOneIsBad() throws IOException {
        X509Bundle good = TestCertificates.ec("one.example");
        X509Bundle other = TestCertificates.ec("one.example");
        CertificateFiles files = write("one", good);
        try (var server = new TlsServer(List.of(files))) {
            for (String[] bad : new String[][] {
                {"nonsense", good.getPrivateKeyPEM(), "one.crt"},
                {other.getCertificatePEM(), good.getPrivateKeyPEM(), "one.key"},
                {good.getCertificatePEM(), "nonsense", "one.key"}
            }) {
                TestCertificates.write(directory, "one", bad[0], bad[1]);
                assertNames(bad[2], assertThrows(TlsConfigException.class, server::reloadIfChanged));
                assertFalse(server.reloadIfChanged(), "it is said once");
                assertEquals(good.getCertificate(), seen(server, "one.example"));
            }
            Files.delete(files.privateKey());
            assertNames("one.key", assertThrows(TlsConfigException.class, server::reloadIfChanged));
            write("one", other);
            assertTrue(server.reloadIfChanged());
            assertEquals(other.getCertificate(), seen(server, "one.example"));
        }
    }

    private static void assertNames(String file, TlsConfigException e) {
        assertTrue(e.getMessage().contains(file), e.getMessage());
        assertTrue(e.getMessage().contains(": "), "a remedy: " + e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "-----BEGIN ENCRYPTED PRIVATE KEY-----,-----END ENCRYPTED PRIVATE KEY-----,encrypted",
        "-----BEGIN RSA PRIVATE KEY-----,-----END RSA PRIVATE KEY-----,damaged",
        "-----BEGIN EC PRIVATE KEY-----,-----END EC PRIVATE KEY-----,damaged",
        "-----BEGIN PRIVATE KEY-----,-----END PRIVATE KEY-----,damaged"
    })
    void shouldSayWhatIsWrongWithAKey(String begin, String end, String word) {
        String chain = TestCertificates.ec("one.example").getCertificatePEM();
        CertificateFiles files = TestCertificates.write(directory, "one", chain, begin + "\nMAMCAQA=\n" + end + "\n");
        TlsConfigException e = assertThrows(TlsConfigException.class, () -> new TlsServer(List.of(files)));
        assertNames("one.key", e);
        assertTrue(e.getMessage().contains(word), e.getMessage());
    }

    @Test
    void shouldRefuseKeysThatClientsDoNotKnow() throws GeneralSecurityException {
        CertificateFiles files = write("other", TestCertificates.build(Algorithm.ed25519, "one.example"));
        assertThrows(TlsConfigException.class, () -> new TlsServer(List.of(files)));
        assertThrows(IllegalArgumentException.class, () -> new TlsServer(List.of()));
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(1024);
        assertNull(KeyKind.of(generator.generateKeyPair().getPublic()), "too short");
    }

    @Test
    void shouldServeNobodyOnceItIsClosed() throws SSLException {
        TlsServer server = new TlsServer(List.of(write("one", TestCertificates.ec("one.example"))));
        TlsLink open = connect(server, "one.example", settings -> {});
        server.close();
        server.close();
        assertTrue(open.talks(HELLO, HELLO));
        open.close();
        HandshakeStep step = server.newHandshake().step(new TlsHello().records(1 << 14));
        assertEquals(Outcome.FAILED, step.outcome());
        assertFalse(server.reloadIfChanged());
    }

    @Test
    void shouldShowNoSecrets() throws SSLException {
        X509Bundle bundle = TestCertificates.ec("one.example");
        try (var server = new TlsServer(List.of(write("one", bundle)));
                TlsLink link = connect(server, "one.example", settings -> {})) {
            String shown = link.last + " " + link.takeover + " " + link.reader + " " + server;
            assertFalse(shown.contains(HexFormat.of().formatHex(link.takeover.writeSecret(), 0, 4)));
            assertFalse(shown.contains(Arrays.toString(link.takeover.readSecret())));
            assertTrue(shown.contains("TLS_1_3"), shown);
            link.takeover.wipe();
            assertTrue(HexFormat.of().formatHex(link.takeover.writeSecret()).matches("0+"));
        }
    }
}
