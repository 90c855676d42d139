package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The seccomp profile that the chart puts on machines lets an agent do all that it does. */
@Tag("kernel")
class SystemCallsE2E {
    private static final Path PROFILE =
            Path.of("").toAbsolutePath().getParent().resolve("helm/diskcryptnet/files/seccomp/agent.json");
    private static final long COUNTS_LIMIT_MS = TimeUnit.SECONDS.toMillis(20);

    @Test
    void shouldMakeNoSystemCallThatTheSeccompProfileForbids() throws Exception {
        try (TestBed bed = TestBed.create("calls")) {
            Path counts = bed.directory().resolve("counts");
            bed.countSystemCalls(counts);
            Certificates certificates = bed.serveTls();
            certificates.issue("first", "ec", "IP:" + TestBed.SERVER_ADDRESS);
            bed.format("64Mi");
            Path object = Files.write(bed.directory().resolve("object.bin"), new byte[4 << 20]);
            AgentProcess agent = bed.startAgent();
            bed.inClient(
                    "curl",
                    "-sSf",
                    "-H",
                    TestBed.AUTHORIZATION,
                    "-T",
                    object.toString(),
                    bed.adminUrl("/v1/objects/o"));
            bed.inClient("curl", "-sSf", "-o", "/dev/null", bed.url("/o"));
            bed.inClient("curl", "-sSfk", "-o", "/dev/null", bed.tlsUrl("/o"));
            bed.inClient("curl", "-sSf", "-o", "/dev/null", bed.adminUrl("/v1/status"));
            bed.inClient("curl", "-sSf", "-o", "/dev/null", bed.adminUrl("/metrics"));
            agent.stop();

            Set<String> made = counted(counts);
            assertTrue(made.contains("io_uring_enter"), "nothing was read from the disk: " + made);
            made.removeAll(allowed());
            made.remove("bpf"); // an agent on AF_XDP runs unconfined, one on packet rings does without
            assertEquals(Set.of(), made, "forbidden by " + PROFILE);
        }
    }

    /** strace writes its table after the agent's end; the last line of it is the total. */
    private static Set<String> counted(Path counts) throws IOException, InterruptedException {
        long endMs = System.currentTimeMillis() + COUNTS_LIMIT_MS;
        while (!Files.exists(counts)
                || !Files.readString(counts).stripTrailing().endsWith("total")) {
            assertTrue(System.currentTimeMillis() < endMs, "strace wrote no table");
            Thread.sleep(50);
        }
        Set<String> names = new TreeSet<>();
        for (String line : Files.readAllLines(counts)) {
            String[] columns = line.strip().split(" +");
            if (columns.length >= 5 && columns[3].matches("\\d+")) {
                names.add(columns[columns.length - 1]);
            }
        }
        names.remove("total");
        return names;
    }

    private static Set<String> allowed() throws IOException {
        Set<String> names = new HashSet<>();
        for (JsonNode group : new ObjectMapper().readTree(PROFILE.toFile()).path("syscalls")) {
            assertEquals("SCMP_ACT_ALLOW", group.path("action").asText());
            group.path("names").forEach(name -> names.add(name.asText()));
        }
        return names;
    }
}
