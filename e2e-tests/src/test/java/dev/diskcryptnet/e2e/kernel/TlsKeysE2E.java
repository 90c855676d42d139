package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that change in the middle of an object, and sessions that are taken up again. In full over 1 GiB, else 64 MiB. */
@Tag("kernel")
class TlsKeysE2E {
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final long OBJECT_BYTES = LONG ? 1L << 30 : 64L << 20;
    /** Slow enough for commands to arrive while the object is under way. */
    private static final long BYTES_PER_SECOND = LONG ? 200_000_000 : 40_000_000;

    private static final int KEY_UPDATES = 7;
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private static TestBed bed;
    private static Certificates certificates;
    private static Path object;
    private AgentProcess agent;

    @BeforeAll
    static void make() throws Exception {
        System.out.println("seed=" + SEED);
        bed = TestBed.create("tlskeys");
        object = bed.randomFile("object.bin", OBJECT_BYTES, SEED);
        bed.format(LONG ? "1280Mi" : "128Mi");
        bed.put(object, "/object.bin");
        certificates = bed.serveTls();
        certificates.issue("default", "ec", "IP:" + TestBed.SERVER_ADDRESS, "DNS:a.example");
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    @BeforeEach
    void startAgent() throws Exception {
        agent = bed.startAgent();
    }

    @AfterEach
    void stopAgent() {
        agent.kill();
    }

    private static int occurrences(String text, String pattern) {
        return (int) Pattern.compile(pattern).matcher(text).results().count();
    }

    private static Path messageLog() {
        return bed.directory().resolve("tls-messages.log");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
    void shouldGoOnAcrossKeyUpdatesInTheMiddleOfAnObject(String suite) throws Exception {
        String[] options = {
            "-tls1_3", "-ciphersuites", suite, "-msg", "-msgfile", messageLog().toString()
        };
        try (TlsProgram client = TlsProgram.openssl(bed, certificates, options).paced(BYTES_PER_SECOND)) {
            client.get("/object.bin");
            for (int i = 1; i <= KEY_UPDATES; i++) {
                client.awaitReceived(i * OBJECT_BYTES / (KEY_UPDATES + 1), LIMIT);
                // K asks for the server's keys to change too, k changes the client's alone.
                client.send(i % 3 == 0 ? "k\n" : "K\n");
            }
            RecordedResponse response = client.response(LIMIT);
            assertEquals(OBJECT_BYTES, response.bodyBytes());
            assertEquals(Sha256.of(object), response.sha256());
        }
        String messages = Files.readString(messageLog());
        assertEquals(KEY_UPDATES, occurrences(messages, ">>> TLS 1.3, Handshake [^\n]*KeyUpdate"));
        // One answer may serve several requests that come before it (RFC 8446 4.6.3), but not all of them here.
        int answers = occurrences(messages, "<<< TLS 1.3, Handshake [^\n]*KeyUpdate");
        System.out.println(suite + " keyUpdates=" + KEY_UPDATES + " answers=" + answers);
        assertTrue(answers >= 3 && answers <= KEY_UPDATES - KEY_UPDATES / 3, "answers=" + answers);
    }

    /**
     * The JDK's client changes keys by itself after as many bytes as it is told, here 8 times an object, and asks with
     * every record until it is answered.
     */
    @Test
    void shouldGoOnAcrossManyKeyUpdatesOfTheJdk() throws Exception {
        Path properties = bed.directory().resolve("keys.security");
        Files.writeString(properties, "jdk.tls.keyLimits=AES/GCM/NoPadding KeyUpdate 2^" + (LONG ? 27 : 23) + "\n");
        try (ClientProgram stream = ClientProgram.start(
                bed,
                List.of("-Djava.security.properties=" + properties),
                StreamClient.class,
                TestBed.SERVER_ADDRESS,
                "/object.bin",
                object,
                2,
                0,
                certificates.authority())) {
            long deadlineNs = System.nanoTime() + LIMIT.toNanos();
            long received = 0;
            while (received < 4 * OBJECT_BYTES) {
                assertTrue(System.nanoTime() - deadlineNs < 0, "received=" + received + " within " + LIMIT);
                Thread.sleep(100);
                received = ClientProgram.figure(stream.ask("", "received=", LIMIT), "received");
            }
        }
        long keyUpdates = Metrics.of(bed).sum("dcn_tls_key_updates_total");
        System.out.println("keyUpdates=" + keyUpdates);
        assertTrue(keyUpdates > 32, "keyUpdates=" + keyUpdates);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_3", "-tls1_2"})
    void shouldTakeUpASessionAgain(String version) throws Exception {
        Path session = bed.directory().resolve("session" + version);
        Files.deleteIfExists(session);
        assertTrue(shakesHandsInFull(version, "-sess_out", session.toString()));
        assertTrue(Files.exists(session), "no ticket came");
        assertFalse(shakesHandsInFull(version, "-sess_in", session.toString()), "the session was not taken up");
        assertFalse(shakesHandsInFull(version, "-sess_in", session.toString()), "a second time");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_3", "-tls1_2"})
    void shouldShakeHandsInFullWhenTheSessionIsOfAnEarlierRun(String version) throws Exception {
        Path session = bed.directory().resolve("earlier" + version);
        Files.deleteIfExists(session);
        shakesHandsInFull(version, "-sess_out", session.toString());
        agent.kill();
        agent = bed.startAgent();
        assertTrue(shakesHandsInFull(version, "-sess_in", session.toString()));
    }

    /** Gets 3 MB; says whether the server showed its certificate, which it does not when a session is resumed. */
    private static boolean shakesHandsInFull(String... options) throws Exception {
        String[] all = java.util.Arrays.copyOf(options, options.length + 4);
        List<String> fixed =
                List.of("-ign_eof", "-msg", "-msgfile", messageLog().toString());
        System.arraycopy(fixed.toArray(), 0, all, options.length, fixed.size());
        try (TlsProgram client = TlsProgram.openssl(bed, certificates, all)) {
            client.get("/object.bin", "Range: bytes=1000000-3999999");
            RecordedResponse response = client.response(LIMIT);
            assertEquals(206, response.status());
            assertEquals(Sha256.of(object, 1_000_000, 3_000_000), response.sha256());
        }
        return occurrences(Files.readString(messageLog()), "<<< TLS 1.[23], Handshake [^\n]*, Certificate\n") > 0;
    }
}
