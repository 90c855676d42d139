package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;

/** What is read of hellos: real ones, made-up ones, broken ones. */
class ClientHelloTest {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int ROUNDS = Boolean.getBoolean("dcn.long") ? 1_000_000 : 100_000;

    private static byte[] realMessage() throws SSLException {
        var client = EngineClient.jdk(
                EngineClient.jdkContext(),
                "Video.Example",
                parameters -> parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"}));
        client.begin();
        byte[] record = client.takeOutput();
        return Arrays.copyOfRange(record, RecordDescriptor.HEADER_BYTES, record.length);
    }

    @Test
    void shouldReadARealHello() throws SSLException {
        ClientHello hello = ClientHello.parse(realMessage());
        assertEquals("video.example", hello.serverName());
        assertFalse(hello.excludes("http/1.1"));
        assertTrue(hello.excludes("http/1.0"));
        for (KeyKind kind : KeyKind.values()) {
            assertTrue(hello.accepts(kind), kind.name());
        }
    }

    @Test
    void shouldReadNothingWhereNothingIsSaid() {
        ClientHello hello = ClientHello.parse(new TlsHello().suites(0xC02F).message());
        assertNull(hello.serverName());
        assertFalse(hello.excludes("http/1.1"));
        assertTrue(hello.accepts(KeyKind.RSA));
        assertFalse(hello.accepts(KeyKind.EC_P256));
    }

    @Test
    void shouldAskSignaturesInTls13AndSuitesBefore() {
        TlsHello both = new TlsHello().suites(0x1301, 0xC02B).signatures(0x0804, 0x0503);
        assertTrue(ClientHello.parse(both.message()).accepts(KeyKind.EC_P256));
        ClientHello tls13 =
                ClientHello.parse(both.supportedVersions(0x0304, 0x0303).message());
        assertTrue(tls13.accepts(KeyKind.RSA));
        assertTrue(tls13.accepts(KeyKind.EC_P384));
        assertFalse(tls13.accepts(KeyKind.EC_P256));
    }

    @Test
    void shouldTakeHostNamesOnly() {
        assertEquals("a-b_c.example", name("A-b_C.Example"));
        assertNull(name("a b"));
        assertNull(name("a\0b"));
        assertNull(name(""));
        assertNull(name("ä.example"));
        assertNull(name("x".repeat(256)));
    }

    private static String name(String name) {
        return ClientHello.parse(new TlsHello().serverName(name).message()).serverName();
    }

    @Test
    void shouldKeepWhatCameBeforeAFault() {
        byte[] message = new TlsHello()
                .serverName("one.example")
                .protocols("h2")
                .extension(43, new byte[] {50})
                .message();
        ClientHello hello = ClientHello.parse(message);
        assertEquals("one.example", hello.serverName());
        assertTrue(hello.excludes("http/1.1"));
    }

    @Test
    void shouldNeverThrow() throws SSLException {
        System.out.println("dcn.seed=" + SEED + " rounds=" + ROUNDS);
        byte[] real = realMessage();
        var random = new SplittableRandom(SEED);
        int named = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = Arrays.copyOf(real, random.nextInt(4) == 0 ? random.nextInt(real.length) : real.length);
            for (int changes = random.nextInt(6); changes > 0 && bytes.length > 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                ClientHello hello = ClientHello.parse(bytes);
                hello.excludes("http/1.1");
                assertNotNull(
                        Arrays.stream(KeyKind.values()).map(hello::accepts).toList());
                named += hello.serverName() == null ? 0 : 1;
            } catch (RuntimeException e) {
                throw new AssertionError(
                        "dcn.seed=" + SEED + " round=" + round + " hello=" + Arrays.toString(bytes), e);
            }
        }
        assertTrue(named > ROUNDS / 3 && named < ROUNDS, "named=" + named);
    }
}
