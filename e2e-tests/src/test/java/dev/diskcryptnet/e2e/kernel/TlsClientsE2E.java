package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients with TLS of four makes get what was put, byte for byte. */
@Tag("kernel")
@ParameterizedClass(name = "{0}")
@EnumSource(Family.class)
class TlsClientsE2E {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** Not a multiple of a block, of a record, or of a frame's payload. */
    private static final int OBJECT_BYTES = 20_000_003;

    private static final int[] SIZES = {0, 1, 4_095, 4_096, 16_383, 16_384, 16_385, 300_000};

    @Parameter
    Family family;

    private static TestBed bed;
    private static Certificates certificates;
    private static Path object;

    @BeforeParameterizedClassInvocation
    static void start(Family family) throws Exception {
        System.out.println("seed=" + SEED);
        bed = TestBed.create("tls", family);
        Path objects = Files.createDirectory(bed.directory().resolve("objects"));
        object = random("objects/object.bin", OBJECT_BYTES);
        for (int size : SIZES) {
            random("objects/" + size + ".bin", size);
        }
        bed.format("128Mi");
        bed.put(objects, "/");
        certificates = bed.serveTls();
        certificates.issue("ecdsa", "ec", "IP:" + family.server);
        certificates.issue("rsa", "rsa", "DNS:rsa.example");
        bed.startAgent();
    }

    private static Path random(String name, int bytes) throws IOException {
        return bed.randomFile(name, bytes, SEED + bytes);
    }

    @AfterParameterizedClassInvocation
    static void stop() throws IOException {
        bed.close();
    }

    private static List<Arguments> clients() {
        List<Arguments> all = new ArrayList<>();
        for (TlsClient client : TlsClient.values()) {
            for (String version : List.of("1.3", "1.2")) {
                all.add(Arguments.of(client, version));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("clients")
    void shouldServeWholeObjects(TlsClient client, String version) throws Exception {
        assertEquals(Sha256.of(object), client.fetch(bed, certificates, version, "/object.bin", null));
        for (int size : SIZES) {
            String path = size + ".bin";
            assertEquals(
                    Sha256.of(object.resolveSibling(path)),
                    client.fetch(bed, certificates, version, "/" + path, null),
                    path);
        }
    }

    @ParameterizedTest
    @MethodSource("clients")
    void shouldServeRanges(TlsClient client, String version) throws Exception {
        var random = new Random(SEED);
        List<long[]> ranges = new ArrayList<>(List.of(
                new long[] {0, 0},
                new long[] {OBJECT_BYTES - 1, OBJECT_BYTES - 1},
                new long[] {16_383, 16_384},
                new long[] {4_095, 20_480},
                new long[] {12_345, 234_567}));
        for (int i = 0; i < 5; i++) {
            long from = random.nextInt(OBJECT_BYTES);
            ranges.add(new long[] {from, from + random.nextInt((int) (OBJECT_BYTES - from))});
        }
        for (long[] range : ranges) {
            String text = range[0] + "-" + range[1];
            assertEquals(
                    Sha256.of(object, range[0], range[1] - range[0] + 1),
                    client.fetch(bed, certificates, version, "/object.bin", text),
                    text);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "a.example, -ciphersuites, TLS_AES_128_GCM_SHA256, TLSv1.3",
        "a.example, -ciphersuites, TLS_AES_256_GCM_SHA384, TLSv1.3",
        "a.example, -ciphersuites, TLS_CHACHA20_POLY1305_SHA256, TLSv1.3",
        "rsa.example, -ciphersuites, TLS_AES_128_GCM_SHA256, TLSv1.3",
        "a.example, -cipher, ECDHE-ECDSA-AES128-GCM-SHA256, TLSv1.2",
        "a.example, -cipher, ECDHE-ECDSA-AES256-GCM-SHA384, TLSv1.2",
        "rsa.example, -cipher, ECDHE-RSA-AES128-GCM-SHA256, TLSv1.2",
        "rsa.example, -cipher, ECDHE-RSA-AES256-GCM-SHA384, TLSv1.2"
    })
    void shouldServeEverySuite(String name, String option, String suite, String version) throws Exception {
        String only = version.equals("TLSv1.3") ? "-tls1_3" : "-tls1_2";
        try (TlsProgram client =
                TlsProgram.openssl(bed, certificates, "-ign_eof", only, option, suite, "-servername", name)) {
            client.get("/object.bin");
            assertEquals(Sha256.of(object), client.response(LIMIT).sha256());
            assertTrue(client.messages().contains("Protocol version: " + version + "\n"), client.messages());
            assertTrue(client.messages().contains("Ciphersuite: " + suite + "\n"), client.messages());
        }
    }

    @Test
    void shouldServeSeveralRequestsOnOneConnection() throws Exception {
        String url = bed.tlsUrl("/300000.bin");
        String numbers = bed.inClient(
                "curl",
                "-sSf",
                "-m",
                "20",
                "--cacert",
                certificates.authority().toString(),
                "-w",
                "%{num_connects} %{http_code} %{size_download}\n",
                "-o",
                "/dev/null",
                url,
                "-o",
                "/dev/null",
                url,
                "-o",
                "/dev/null",
                bed.tlsUrl("/1.bin"));
        assertEquals("1 200 300000\n0 200 300000\n0 200 1\n", numbers);
    }

    @Test
    void shouldServePipelinedRequestsInOrder() throws Exception {
        try (TlsProgram client = TlsProgram.openssl(bed, certificates, "-ign_eof")) {
            String request = "GET /%s HTTP/1.1\r\nHost: a\r\n%s\r\n";
            client.send(request.formatted("1.bin", "")
                    + request.formatted("nothing", "")
                    + request.formatted("4096.bin", "Connection: close\r\n"));
            RecordedResponse all = client.response(LIMIT);
            assertEquals(200, all.status());
            // What follows the first head: a byte, an answer of 404, and the third response.
            assertTrue(all.bodyBytes() > 4_096 + 200, "bodyBytes=" + all.bodyBytes());
        }
    }

    @Test
    void shouldServeWgetAndResumeIt() throws Exception {
        Path file = bed.directory().resolve("wgot.bin");
        Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(object), 1_000_001));
        bed.inClient(
                "wget",
                "-q",
                "-c",
                "-T",
                "20",
                "--ca-certificate=" + certificates.authority(),
                "-O",
                file.toString(),
                bed.tlsUrl("/object.bin"));
        assertEquals(Sha256.of(object), Sha256.of(file));
    }

    /** Bodies come in records of 16 KiB, the largest there are. */
    @ParameterizedTest
    @ValueSource(ints = {1, 16_000, 16_384, 40_000, 60_000})
    void shouldAnswerARequestWithABodyAtOnce(int bytes) throws Exception {
        Path body = random("body", bytes);
        String answer = bed.inClient(
                "curl",
                "-sS",
                "-m",
                "10",
                "--cacert",
                certificates.authority().toString(),
                "-H",
                "Expect:",
                "--data-binary",
                "@" + body,
                "-o",
                "/dev/null",
                "-w",
                "%{http_code} ",
                bed.tlsUrl("/1.bin"),
                "--next",
                "-sSf",
                "-m",
                "10",
                "--cacert",
                certificates.authority().toString(),
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}",
                bed.tlsUrl("/1.bin"));
        assertEquals("405 200", answer);
    }

    @Test
    void shouldServePlainHttpBesideTls() {
        assertEquals(
                "200 300000",
                bed.inClient(
                        "curl",
                        "-sS",
                        "-m",
                        "20",
                        "-o",
                        "/dev/null",
                        "-w",
                        "%{http_code} %{size_download}",
                        bed.url("/300000.bin")));
    }
}
