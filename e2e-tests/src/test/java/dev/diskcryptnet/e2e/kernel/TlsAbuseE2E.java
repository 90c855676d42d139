package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are broken, old or hostile get the right alert or are cut off, and nobody else notices. */
@Tag("kernel")
class TlsAbuseE2E {
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final long MIB = 1 << 20;
    private static final int OBJECT_BYTES = 16 << 20;
    private static final int HALF_DONE = LONG ? 10_000 : 4_000;
    private static final long STREAM_BYTES_PER_SECOND = 10_000_000;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String CLOSED = "closed";

    private static TestBed bed;
    private static Certificates certificates;
    private static Path object;
    private static AgentProcess agent;
    private static ClientProgram stream;

    @BeforeAll
    static void make() throws Exception {
        System.out.println("seed=" + SEED);
        bed = TestBed.create("tlsabuse");
        object = bed.randomFile("object.bin", OBJECT_BYTES, SEED);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
        certificates = bed.serveTls();
        certificates.issue("default", "ec", "IP:" + TestBed.SERVER_ADDRESS, "IP:127.0.0.1");
        agent = bed.startAgent();
        stream = ClientProgram.start(
                bed,
                StreamClient.class,
                TestBed.SERVER_ADDRESS,
                "/object.bin",
                object,
                1,
                STREAM_BYTES_PER_SECOND,
                certificates.authority());
        while (ClientProgram.figure(stream.ask("", "received=", LIMIT), "received") == 0) {
            Thread.sleep(50);
        }
    }

    @AfterAll
    static void stop() throws IOException {
        stream.close();
        bed.close();
    }

    /** Another client's stream has come at its rate, every byte right, since the last time. */
    private static void shouldHaveStreamed(String when) throws Exception {
        long before = ClientProgram.figure(stream.ask("", "received=", LIMIT), "received");
        long startNs = System.nanoTime();
        Thread.sleep(1_000);
        String line = stream.ask("", "received=", LIMIT);
        double rate = (ClientProgram.figure(line, "received") - before) * 1e9 / (System.nanoTime() - startNs);
        System.out.printf("%s: %.1f MB/s, %s%n", when, rate / 1e6, line);
        assertTrue(rate > 0.8 * STREAM_BYTES_PER_SECOND, when + " bytesPerSecond=" + rate + ", " + line);
        assertTrue(agent.isAlive(), agent.log());
    }

    /** What comes back, in hexadecimal, on a connection to the TLS port that a shell command writes to. */
    private static String answerTo(String writing) {
        return bed.inClient(
                        "bash",
                        "-c",
                        "exec 3<>/dev/tcp/" + TestBed.SERVER_ADDRESS + "/443; (" + writing
                                + ") >&3 2>/dev/null; timeout 30 cat <&3 2>/dev/null | od -An -v -tx1 | tr -d ' \\n';"
                                + " [ ${PIPESTATUS[0]} = 124 ] && printf 'not closed'; true")
                .strip();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "printf 'GET /object.bin HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'",
                "printf 'SSH-2.0-x\\r\\n'",
                "head -c 5 /dev/zero",
                "head -c 200000 /dev/zero",
                "head -c 200000 /dev/urandom",
                // A record of handshake that is longer than a record may be.
                "printf '\\x16\\x03\\x01\\xff\\xff'; head -c 65535 /dev/urandom",
                // Application data before any handshake.
                "printf '\\x17\\x03\\x03\\x00\\x20'; head -c 32 /dev/urandom",
                // A handshake message of nonsense.
                "printf '\\x16\\x03\\x01\\x00\\x20'; head -c 32 /dev/urandom",
                // A ClientHello that says it is 16 MiB long.
                "printf '\\x16\\x03\\x01\\x40\\x00\\x01\\xff\\xff\\xff'; head -c 200000 /dev/zero",
                // A fatal alert, and close_notify.
                "printf '\\x15\\x03\\x01\\x00\\x02\\x02\\x28'",
                "printf '\\x15\\x03\\x01\\x00\\x02\\x01\\x00'"
            })
    void shouldAlertOrCloseWhenTheBytesAreNoHandshake(String writing) throws Exception {
        String answer = answerTo(writing);
        System.out.println(answer + " <- " + writing);
        assertFalse(answer.contains("not closed"), answer);
        assertTrue(answer.isEmpty() || answer.matches("150[23]0[0-4]000202.."), answer);
        shouldHaveStreamed("after garbage");
    }

    @ParameterizedTest
    @CsvSource({
        "-tls1_1 -cipher DEFAULT@SECLEVEL=0, protocol version",
        "-tls1 -cipher DEFAULT@SECLEVEL=0, protocol version",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA, handshake failure",
        "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256, handshake failure",
        "-tls1_2 -fallback_scsv, inappropriate fallback",
        "-alpn h2, no application protocol"
    })
    void shouldSendTheAlertThatSaysWhy(String options, String alert) throws Exception {
        try (TlsProgram client = TlsProgram.openssl(bed, certificates, options.split(" "))) {
            assertEquals(1, client.exitCode(LIMIT));
            assertTrue(client.messages().contains("alert " + alert), client.messages());
        }
    }

    @Test
    void shouldRefuseToRenegotiate() throws Exception {
        Path messages = bed.directory().resolve("tls-messages.log");
        String[] options = {"-tls1_2", "-msg", "-msgfile", messages.toString()};
        try (TlsProgram client = TlsProgram.openssl(bed, certificates, options)) {
            client.send("GET /object.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9\r\n\r\n");
            client.awaitReceived(100, LIMIT);
            client.send("R\n");
            client.exitCode(LIMIT);
            assertTrue(Files.readString(messages).contains("warning no_renegotiation"), Files.readString(messages));
        }
    }

    /** What is repeated begins a response before it is found out; in the middle of one there is no room for an alert. */
    @ParameterizedTest
    @CsvSource({
        "1.3, 2, flip, alert bad record mac",
        "1.3, 2, replay, bad record mac|unexpected eof",
        "1.3, 2, long, alert record overflow",
        "1.2, 1, flip, alert bad record mac",
        "1.2, 1, replay, bad record mac|unexpected eof",
        "1.2, 1, long, alert record overflow"
    })
    void shouldEndAConnectionWhoseRecordsWereTamperedWith(String version, int which, String how, String end)
            throws Exception {
        long before = Metrics.of(bed).sum("dcn_tls_bad_records_total");
        try (ClientProgram proxy = ClientProgram.start(bed, TamperingProxy.class, TestBed.SERVER_ADDRESS, how, which)) {
            long port = ClientProgram.figure(proxy.await("port=", LIMIT), "port");
            String option = "-tls" + version.replace('.', '_');
            Run.Result result = bed.tryInClient(
                    "bash",
                    "-c",
                    "(printf 'GET /object.bin HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'; sleep 1) | timeout 20 openssl s_client"
                            + " -quiet " + option + " -connect 127.0.0.1:" + port + " 2>&1 >/dev/null");
            assertTrue(Pattern.compile(end).matcher(result.output()).find(), result.output());
        }
        assertEquals(before + 1, Metrics.of(bed).sum("dcn_tls_bad_records_total"));
        shouldHaveStreamed("after " + how);
    }

    @Test
    void shouldBoundWhatHalfDoneHandshakesCost() throws Exception {
        bed.inClient("sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535");
        long before = agent.residentBytes();
        try (ClientProgram half =
                ClientProgram.start(bed, HalfHandshakes.class, TestBed.SERVER_ADDRESS, TestBed.CLIENT_ADDRESS)) {
            for (String kind : List.of("silent", "begun", "hello")) {
                System.out.println(kind + " " + half.ask(kind + " " + HALF_DONE, "held=", LIMIT));
                shouldHaveStreamed("while half-done handshakes are held: " + kind);
                assertEquals(
                        Sha256.of(object),
                        TlsClient.OPENSSL.fetch(bed, certificates, "1.3", "/object.bin", null),
                        "a new client beside them");
            }
            long grown = agent.residentBytes() - before;
            System.out.println("halfDone=" + 3 * HALF_DONE + " residentMiB=" + grown / (double) MIB);
            assertTrue(grown < 256 * MIB, "residentBytes grew by " + grown);
            awaitEnded();
            System.out.println(half.ask("ended", "ended=", LIMIT));
            assertEquals(CLOSED, half.ask("close", CLOSED, LIMIT));
        }
        shouldHaveStreamed("after them");
    }

    /** A handshake has as long as a request's head has; then nothing is left of it. */
    private static void awaitEnded() throws Exception {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        long connections = Long.MAX_VALUE;
        while (connections > 1) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "connections=" + connections);
            Thread.sleep(1_000);
            connections = Metrics.of(bed).sum("dcn_http_connections");
        }
    }
}
