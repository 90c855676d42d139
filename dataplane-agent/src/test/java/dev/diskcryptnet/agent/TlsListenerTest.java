package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.admin.AgentStatus;
import dev.diskcryptnet.agent.config.AgentConfig.ListenerConfig;
import dev.diskcryptnet.tcp.CongestionAlgorithm;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class TlsListenerTest {
    private static final ListenerConfig CONFIG =
            new ListenerConfig(443, List.of("edge", "other"), CongestionAlgorithm.CUBIC, true);
    private static final Instant END = Instant.now().plus(Duration.ofDays(30)).truncatedTo(ChronoUnit.SECONDS);

    @TempDir
    Path directory;

    @BeforeEach
    void writeCertificates() throws Exception {
        write("edge", "edge.example", END);
        write("other", "other.example", END);
    }

    private X509Bundle write(String secret, String name, Instant end) throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .ecp256()
                .subject("CN=" + name)
                .addSanDnsName(name)
                .notBefore(end.minus(Duration.ofDays(60)))
                .notAfter(end)
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        write(secret, bundle.getCertificatePathPEM(), bundle.getPrivateKeyPEM());
        return bundle;
    }

    private void write(String secret, String certificate, String key) throws Exception {
        Path place = Files.createDirectories(directory.resolve(secret));
        Files.writeString(place.resolve("tls.crt"), certificate);
        Files.writeString(place.resolve("tls.key"), key);
    }

    @Test
    void shouldSayWhichCertificatesItShows() {
        try (TlsListener listener = TlsListener.open(CONFIG, directory)) {
            assertEquals(
                    List.of(
                            new AgentStatus.Certificate(
                                    "edge", "CN=edge.example", List.of("edge.example"), END.toString()),
                            new AgentStatus.Certificate(
                                    "other", "CN=other.example", List.of("other.example"), END.toString())),
                    listener.certificates());
            assertEquals(List.of(), listener.troubles());
        }
    }

    @Test
    void shouldNamePortFileAndDirectoryWhenACertificateIsMissing() throws Exception {
        Files.delete(directory.resolve("other/tls.key"));
        CommandException e = assertThrows(CommandException.class, () -> TlsListener.open(CONFIG, directory));

        assertEquals(ExitCode.USAGE, e.exitCode());
        for (String part : List.of("port=443", "other/tls.key", "tls-directory=" + directory)) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }

    @Test
    void shouldShowWhatChangedOnDisk() throws Exception {
        try (TlsListener listener = TlsListener.open(CONFIG, directory)) {
            write("edge", "renewed.example", END);
            listener.reload();

            assertEquals(
                    "CN=renewed.example", listener.certificates().getFirst().subject());
            assertEquals(List.of(), listener.troubles());
        }
    }

    @Test
    void shouldSayWhyItKeepsTheOldCertificatesUntilTheNewOnesAreMended() throws Exception {
        try (TlsListener listener = TlsListener.open(CONFIG, directory)) {
            X509Bundle mended = write("edge", "renewed.example", END);
            write("edge", mended.getCertificatePathPEM(), "not a key");
            listener.reload();
            listener.reload();

            assertEquals("CN=edge.example", listener.certificates().getFirst().subject());
            assertEquals(1, listener.troubles().size());
            assertTrue(listener.troubles().getFirst().contains("edge/tls.key"), listener.troubles()::toString);

            write("edge", mended.getCertificatePathPEM(), mended.getPrivateKeyPEM());
            listener.reload();
            assertEquals(List.of(), listener.troubles());
            assertEquals(
                    "CN=renewed.example", listener.certificates().getFirst().subject());
        }
    }

    @Test
    void shouldFindNothingWrongWhenTheOldFilesAreBack() throws Exception {
        String certificate = Files.readString(directory.resolve("edge/tls.crt"));
        String key = Files.readString(directory.resolve("edge/tls.key"));
        try (TlsListener listener = TlsListener.open(CONFIG, directory)) {
            write("edge", "not a certificate", key);
            listener.reload();
            write("edge", certificate, key);
            listener.reload();

            assertEquals(List.of(), listener.troubles());
        }
    }

    @Test
    void shouldSayWhichCertificateHasEnded() throws Exception {
        Instant ended = Instant.now().minus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS);
        write("other", "other.example", ended);
        try (TlsListener listener = TlsListener.open(CONFIG, directory)) {
            assertEquals(
                    List.of("port=443 shows a certificate that ended at " + ended + "; renew secret=other"),
                    listener.troubles());
        }
    }

    @Test
    void shouldLoadByItselfWhatIsWrittenWhileItIsWatched() throws Exception {
        try (TlsListener listener = TlsListener.open(CONFIG, directory);
                CertificateWatch watch = CertificateWatch.start(List.of(listener), Duration.ofMillis(20))) {
            write("other", "renewed.example", END);
            while (!listener.certificates().get(1).subject().equals("CN=renewed.example")) {
                Thread.sleep(5);
            }
            watch.close();
            write("other", "again.example", END);
            Thread.sleep(100);
            assertEquals("CN=renewed.example", listener.certificates().get(1).subject());
        }
    }
}
