package dev.diskcryptnet.e2e.compare;

import static dev.diskcryptnet.e2e.compare.LoadProgram.OBJECTS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.compare.FaultyServer.Fault;
import dev.diskcryptnet.e2e.compare.LoadProgram.Outcome;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.stream.Stream;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Over TLS the benchmark's client decrypts little of what it counts; it must notice what is wrong all the same. The
 * server is the JDK's TLS, which pads every record.
 */
class TlsLoadGeneratorTest {
    private static final int FAULTY = 37;
    private static final int OBJECT_BYTES = 100_001;

    @TempDir
    static Path directory;

    private static LoadProgram program;
    private static ServerSocketFactory sockets;
    private static ServerSocketFactory certificateless;

    @BeforeAll
    static void build() throws Exception {
        program = LoadProgram.build(directory);
        sockets = sockets(key());
        certificateless = sockets(null);
    }

    private static ServerSocketFactory sockets(KeyManager[] keys) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, null, null);
        return context.getServerSocketFactory();
    }

    private static KeyManager[] key() throws Exception {
        Path store = directory.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=bench",
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.log").toFile())
                .start();
        assertEquals(0, keytool.waitFor());
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, "changeit".toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, "changeit".toCharArray());
        return managers.getKeyManagers();
    }

    private static Outcome pass(int objectBytes, Fault fault, String... more) throws Exception {
        try (var server = new FaultyServer(objectBytes, FAULTY, fault, sockets)) {
            return program.pass(server.port(), objectBytes, withTls(more));
        }
    }

    private static Outcome passWithFlip(int record, int offset, String... more) throws Exception {
        try (var server = new FaultyServer(OBJECT_BYTES, FAULTY, Fault.NONE, sockets);
                var flipper = new RecordFlipper(server.port(), record, offset)) {
            return program.pass(flipper.port(), OBJECT_BYTES, withTls(more));
        }
    }

    private static String[] withTls(String... options) {
        return Stream.concat(Stream.of("--tls"), Arrays.stream(options)).toArray(String[]::new);
    }

    @ParameterizedTest
    @CsvSource({
        "TLS_AES_128_GCM_SHA256, 1",
        "TLS_AES_128_GCM_SHA256, 4096",
        "TLS_AES_128_GCM_SHA256, 100001",
        "TLS_AES_256_GCM_SHA384, 100001",
        "TLS_CHACHA20_POLY1305_SHA256, 100001"
    })
    void shouldCountEveryByteOfAServerThatIsRight(String suite, int objectBytes) throws Exception {
        for (int verifyEvery : new int[] {1, 64}) {
            Outcome outcome = pass(objectBytes, Fault.NONE, "--verify-every=" + verifyEvery, "--tls-suite=" + suite);
            assertEquals(0, outcome.status(), () -> outcome.report().toString());
            assertEquals(OBJECTS, outcome.count("requests"));
            assertEquals((long) OBJECTS * objectBytes, outcome.count("bytes"));
            assertEquals(8, outcome.count("handshakes"));
        }
    }

    @ParameterizedTest
    @CsvSource({"LAST_BYTE_WRONG, 1", "FIRST_BYTE_WRONG, 1000000", "OTHER_OBJECT, 1000000"})
    void shouldFindAWrongByte(Fault fault, int verifyEvery) throws Exception {
        Outcome outcome = pass(OBJECT_BYTES, fault, "--verify-every=" + verifyEvery);
        assertEquals(1, outcome.status());
        assertEquals(1, outcome.count("mismatches"));
        assertEquals(0, outcome.count("errors"));
    }

    @ParameterizedTest
    @CsvSource({
        "CLOSED_EARLY, short",
        "NOT_FOUND, status",
        "LENGTH_WRONG, malformed",
        "ONE_BYTE_MORE, malformed",
        "SILENT, stalled"
    })
    void shouldCountABrokenResponseUnderItsKind(Fault fault, String kind) throws Exception {
        Outcome outcome = pass(OBJECT_BYTES, fault, "--verify-every=1000000");
        assertEquals(1, outcome.status());
        assertEquals(1, outcome.kind(kind), () -> outcome.report().toString());
        assertEquals(1, outcome.count("errors"));
        assertEquals(OBJECTS - 1, outcome.count("requests"));
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 1000, -1, -16}) // ciphertext, and both ends of the tag
    void shouldFindABitThatWasFlippedInARecordItOpens(int offset) throws Exception {
        Outcome outcome = passWithFlip(100, offset, "--verify-every=1");
        assertEquals(1, outcome.status());
        assertEquals(1, outcome.kind("record"), () -> outcome.report().toString());
    }

    @Test
    void shouldOpenTheFirstRecordOfEveryResponse() throws Exception {
        // The first record of all that is large is the first of its response.
        assertEquals(1, passWithFlip(0, -1, "--verify-every=1000000").kind("record"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2}) // type and version
    void shouldFindAWrongHeaderOfARecordItThrowsAway(int offset) throws Exception {
        Outcome outcome = passWithFlip(100, offset, "--verify-every=1000000");
        assertEquals(1, outcome.status());
        assertEquals(1, outcome.kind("record"), () -> outcome.report().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"IN_SMALL_PIECES", "CLOSED_AFTERWARDS"})
    void shouldTakeWhatHttpAllows(Fault fault) throws Exception {
        Outcome outcome = pass(OBJECT_BYTES, fault, "--verify-every=1");
        assertEquals(0, outcome.status(), () -> outcome.report().toString());
        assertEquals(OBJECTS, outcome.count("requests"));
        assertEquals(fault == Fault.CLOSED_AFTERWARDS ? 1 : 0, outcome.count("reconnects"));
    }

    @Test
    void shouldShakeHandsForEveryConnectionAndResumeWhenAsked() throws Exception {
        Outcome full = pass(4096, Fault.NONE, "--requests-per-connection=1", "--connections=1");
        assertEquals(0, full.status(), () -> full.report().toString());
        assertEquals(OBJECTS, full.count("handshakes"));
        assertEquals(0, full.count("resumed"));
        Outcome resumed = pass(4096, Fault.NONE, "--requests-per-connection=2", "--connections=1", "--tls-resume");
        assertEquals(0, resumed.status(), () -> resumed.report().toString());
        assertEquals(OBJECTS / 2, resumed.count("handshakes"));
        assertEquals(OBJECTS / 2, resumed.count("resumed"));
    }

    @Test
    void shouldCountHandshakesThatTheServerRefuses() throws Exception {
        try (var server = new FaultyServer(4096, FAULTY, Fault.NONE, certificateless)) {
            Outcome outcome = program.pass(server.port(), 4096, "--tls");
            assertEquals(1, outcome.status());
            assertTrue(outcome.kind("handshake") > 0, () -> outcome.report().toString());
            assertEquals(0, outcome.count("handshakes"));
        }
    }
}
