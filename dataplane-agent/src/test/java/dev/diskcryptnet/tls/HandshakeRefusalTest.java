package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.tls.HandshakeStep.Outcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import javax.net.ssl.SSLException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that we do not serve, and what they are told. */
class HandshakeRefusalTest {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int ROUNDS = Boolean.getBoolean("dcn.long") ? 100_000 : 3_000;

    @TempDir
    private static Path directory;

    private static EngineLeaks leaks;
    private static TlsServer server;

    @BeforeAll
    static void makeServer() {
        leaks = EngineLeaks.watch();
        server = new TlsServer(List.of(TestCertificates.write(directory, "ec", TestCertificates.ec("one.example"))));
    }

    @AfterAll
    static void leaveNothing() {
        server.close();
        leaks.check();
    }

    private static void assertRefused(Alert alert, byte[] input) {
        HandshakeStep step = server.newHandshake().step(input);
        assertEquals(Outcome.FAILED, step.outcome(), step.toString());
        assertEquals(7, step.output().length, step.toString());
        assertEquals(RecordDescriptor.ALERT, step.output()[0]);
        assertEquals(Alert.FATAL, step.output()[5]);
        assertEquals(alert, Alert.of(step.output()[6] & 0xFF));
        assertNotNull(step.reason());
        assertNull(step.takeover());
    }

    private static TlsHello modernHello() {
        return new TlsHello().extension(10, new byte[] {0, 2, 0, 23}).signatures(0x0403, 0x0804);
    }

    @Test
    void shouldRefuseWhatIsNotTls() {
        byte[] plain = "GET / HTTP/1.1\r\nHost: one.example\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        assertRefused(Alert.UNEXPECTED_MESSAGE, plain);
        assertTrue(Handshake.hasRecord(new UnsafeBuffer(plain), 0, plain.length), "a step finds out");
        assertRefused(Alert.PROTOCOL_VERSION, new byte[] {22, 2, 0, 0, 1, 1});
        assertRefused(Alert.RECORD_OVERFLOW, new byte[] {22, 3, 1, (byte) 0x48, 1});
        assertRefused(Alert.UNEXPECTED_MESSAGE, new byte[] {23, 3, 3, 0, 1, 1});
    }

    @Test
    void shouldRefuseOldVersionsAndWeakSuites() {
        assertRefused(Alert.PROTOCOL_VERSION, modernHello().version(0x0302).records(1 << 14));
        assertRefused(
                Alert.PROTOCOL_VERSION,
                modernHello().supportedVersions(0x0302, 0x0301).records(1 << 14));
        // AES-CBC, no forward secrecy, ChaCha20 before TLS 1.3, and a key that is not ours.
        for (int suite : new int[] {0xC023, 0x009C, 0xCCA9, 0xC02F}) {
            assertRefused(Alert.HANDSHAKE_FAILURE, modernHello().suites(suite).records(1 << 14));
        }
    }

    @Test
    void shouldRefuseAFallbackThatIsNotNeeded() {
        assertRefused(
                Alert.INAPPROPRIATE_FALLBACK,
                modernHello().suites(0xC02B, 0x5600).records(1 << 14));
    }

    /** The first answer to a hello that is served, and no more of it. */
    private static HandshakeStep served(byte[] hello) {
        Handshake handshake = server.newHandshake();
        HandshakeStep step = handshake.step(hello);
        assertEquals(Outcome.MORE, step.outcome(), step.toString());
        handshake.abandon();
        return step;
    }

    @Test
    void shouldMarkADowngrade() {
        HandshakeStep step = served(modernHello().records(1 << 14));
        // RFC 8446 4.1.3: the server's random ends so when TLS 1.2 was chosen by one that speaks 1.3.
        byte[] mark = Arrays.copyOfRange(step.output(), 5 + 4 + 2 + 24, 5 + 4 + 2 + 32);
        assertArrayEquals("DOWNGRD\1".getBytes(StandardCharsets.US_ASCII), mark);
    }

    @Test
    void shouldRefuseOtherApplicationProtocols() {
        assertRefused(
                Alert.NO_APPLICATION_PROTOCOL,
                modernHello().protocols("h2", "spdy/3.1").records(1 << 14));
        served(modernHello().protocols("h2", "http/1.1").records(1 << 14));
    }

    @Test
    void shouldReadAHelloInSmallRecords() {
        byte[] hello = modernHello().records(3);
        Handshake handshake = server.newHandshake();
        HandshakeStep step = handshake.step(Arrays.copyOf(hello, hello.length - 4));
        assertEquals(Outcome.MORE, step.outcome());
        assertEquals(0, step.output().length);
        byte[] rest = Arrays.copyOfRange(hello, step.consumedBytes(), hello.length);
        assertTrue(handshake.step(rest).output().length > 100, "the server's flight");
        handshake.abandon();
    }

    @Test
    void shouldBoundWhatAHandshakeMayTake() {
        byte[] flood = modernHello().extension(21, new byte[15_000]).records(1);
        assertTrue(flood.length > ServerHandshake.MAX_INPUT_BYTES);
        assertRefused(Alert.HANDSHAKE_FAILURE, flood);
        assertRefused(
                Alert.ILLEGAL_PARAMETER,
                modernHello().extension(21, new byte[20_000]).records(1 << 14));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void shouldRefuseAChangedFinished(String version) throws SSLException {
        var client = EngineClient.jdk(
                EngineClient.jdkContext(), null, settings -> settings.setProtocols(new String[] {version}));
        client.begin();
        Handshake handshake = server.newHandshake();
        client.receive(handshake.step(client.takeOutput()).output());
        byte[] flight = client.takeOutput();
        flight[flight.length - 1] ^= 1;
        HandshakeStep step = handshake.step(flight);
        assertEquals(Outcome.FAILED, step.outcome());
        SSLException alert = assertThrows(SSLException.class, () -> client.receive(step.output()));
        assertTrue(alert.getMessage().contains("bad_record_mac"), alert.getMessage());
        assertThrows(IllegalStateException.class, () -> handshake.step(flight));
    }

    @Test
    void shouldEndWithTheClientsAlert() {
        Handshake handshake = server.newHandshake();
        assertEquals(
                Outcome.MORE, handshake.step(modernHello().records(1 << 14)).outcome());
        HandshakeStep step = handshake.step(new byte[] {21, 3, 3, 0, 2, 2, 42});
        assertEquals(Outcome.FAILED, step.outcome());
        assertEquals(0, step.output().length);
        assertFalse(step.reason().isEmpty());
        Handshake closed = server.newHandshake();
        closed.step(modernHello().records(1 << 14));
        assertEquals(
                Outcome.FAILED, closed.step(new byte[] {21, 3, 3, 0, 2, 1, 0}).outcome(), "close_notify");
    }

    @Test
    void shouldFreeTheEngineWhenAbandoned() {
        int before = KeyLog.SHARED.count();
        Handshake handshake = server.newHandshake();
        handshake.step(modernHello().records(1 << 14));
        assertEquals(before + 1, KeyLog.SHARED.count());
        handshake.abandon();
        handshake.abandon();
        assertEquals(before, KeyLog.SHARED.count());
        assertThrows(IllegalStateException.class, () -> handshake.step(new byte[0]));
    }

    @Test
    void shouldEndEveryGeneratedHandshake() throws SSLException {
        System.out.println("dcn.seed=" + SEED + " rounds=" + ROUNDS);
        var random = new SplittableRandom(SEED);
        int before = KeyLog.SHARED.count();
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = modernHello()
                    .serverName("one.example")
                    .protocols("http/1.1")
                    .records(1 + random.nextInt(200));
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Handshake handshake = server.newHandshake();
            HandshakeStep step = handshake.step(Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
            if (step.outcome() == Outcome.MORE) {
                step = handshake.step(bytes(random));
            }
            assertTrue(step.outcome() != Outcome.DONE, "dcn.seed=" + SEED + " round=" + round);
            handshake.abandon();
            assertEquals(before, KeyLog.SHARED.count(), "dcn.seed=" + SEED + " round=" + round);
        }
    }

    private static byte[] bytes(SplittableRandom random) {
        byte[] bytes = new byte[random.nextInt(100)];
        random.nextBytes(bytes);
        if (bytes.length > 5) {
            bytes[0] = (byte) (20 + random.nextInt(4));
            bytes[1] = 3;
            bytes[2] = 3;
            bytes[3] = 0;
        }
        return bytes;
    }
}
