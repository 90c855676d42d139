package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.observe.PrometheusPackage;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Prometheus's own tools find nothing wrong with what an agent with everything that it has says of itself. */
@Tag("kernel")
class MetricNamesE2E {
    private static final Pattern FAMILY = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");
    private static final int OBJECT_BYTES = 2 << 20;

    private static TestBed bed;
    private static Certificates certificates;
    private static Metrics metrics;

    @BeforeAll
    static void start() throws Exception {
        bed = TestBed.create("names");
        Path object = bed.randomFile("object.bin", OBJECT_BYTES, 1);
        certificates = bed.serveTls();
        certificates.issue("edge", "ec", "IP:" + TestBed.SERVER_ADDRESS);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
        bed.startAgent("--fault", "tx.drop=0.001,seed=1");
        bed.inClient("curl", "-sSf", "-m", "20", "-o", "/dev/null", bed.url("/object.bin"));
        bed.inClient("curl", "-sSfk", "-m", "20", "-o", "/dev/null", bed.tlsUrl("/object.bin"));
        metrics = Metrics.of(bed);
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    @Test
    void shouldPassTheCheckOfPromtool() throws Exception {
        Path file = Files.writeString(bed.directory().resolve("metrics.txt"), metrics.text());
        Run.Result result =
                Run.quietly("sh", "-c", "'" + PrometheusPackage.promtool() + "' check metrics < '" + file + "'");
        assertEquals("", result.output().strip());
        assertTrue(result.ok(), "exitCode=" + result.exitCode());
    }

    @Test
    void shouldEndOurNamesOnTheirUnits() {
        Set<String> odd = new TreeSet<>();
        Matcher family = FAMILY.matcher(metrics.text());
        while (family.find()) {
            String name = family.group(1).replaceFirst("_total$", "");
            boolean measured =
                    Pattern.compile("bytes|seconds|celsius|ratio").matcher(name).find();
            if (name.startsWith("dcn_") && measured && !name.matches(".*_(bytes|seconds|celsius|ratio)")) {
                odd.add(name);
            }
        }
        // A byte for each byte: a ratio whose name says of what.
        odd.remove("dcn_memory_bytes_per_network_byte");
        assertEquals(Set.of(), odd);
    }

    @Test
    void shouldShowNothingThatTheTableForPeopleDoesNotName() throws Exception {
        String table = Files.readString(Path.of("../dataplane-agent/docs/metrics.md"));
        Set<String> unnamed = new TreeSet<>();
        Matcher family = FAMILY.matcher(metrics.text());
        while (family.find()) {
            String name = family.group(1);
            if (name.startsWith("dcn_") && !table.contains("| `" + name + "` |")) {
                unnamed.add(name);
            }
        }
        assertEquals(Set.of(), unnamed);
    }

    @Test
    void shouldShowWhenTheCertificateInUseEnds() {
        String end =
                Run.checked("openssl", "x509", "-enddate", "-noout", "-in", certificates.secret("edge") + "/tls.crt");
        String seconds =
                Run.checked("date", "-d", end.substring(end.indexOf('=') + 1).strip(), "+%s");
        assertEquals(Long.parseLong(seconds.strip()), metrics.sum("dcn_tls_certificate_expiry_timestamp_seconds"));
        assertEquals(0, metrics.sum("dcn_tls_certificate_refused"));
    }

    @Test
    void shouldCountWhatTheTwoResponsesTook() {
        assertEquals(2, metrics.sum("dcn_volume_objects") + metrics.sum("dcn_tls_handshakes_total"));
        long sealed = metrics.sum("dcn_tls_sealed_bytes_total");
        assertTrue(sealed >= OBJECT_BYTES && sealed < 1.2 * OBJECT_BYTES, "sealedBytes=" + sealed);
        long answered = metrics.sum("dcn_http_response_bytes_total");
        assertTrue(answered > 2 * OBJECT_BYTES && answered < 2 * OBJECT_BYTES + 2_000, "answeredBytes=" + answered);
    }
}
