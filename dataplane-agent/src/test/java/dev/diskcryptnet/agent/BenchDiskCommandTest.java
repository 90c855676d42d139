package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchDiskCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path directory;

    private int run(String... arguments) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    @Test
    void shouldMeasureReadsOfFileAndLeaveItAsItIs() throws IOException {
        Path file = directory.resolve("disk");
        var content = new byte[8 << 20];
        content[4096] = 7;
        Files.write(file, content);
        int exitCode = run("bench-disk", "--disk", "uring:" + file, "--seconds", "1", "--warmup", "0", "--json");
        assertEquals(0, exitCode, err::toString);
        JsonNode result = new ObjectMapper().readTree(out.toString());
        assertEquals("uring", result.get("driver").asText());
        assertEquals("random", result.get("pattern").asText());
        assertTrue(result.get("operationsPerSecond").asDouble() > 100, out::toString);
        assertEquals(
                result.get("operationsPerSecond").asDouble() * 4096e-6,
                result.get("megabytesPerSecond").asDouble(),
                1);
        assertEquals(-1, Files.mismatch(file, Files.write(directory.resolve("copy"), content)));
    }

    @Test
    void shouldKeepAsManyReadsInFlightAsItWasTold() {
        try (Disk disk = Disks.open("mem:8M", OpenMode.READ_ONLY);
                var load = new DiskLoad(disk, 128 << 10, 64, true, true)) {
            DiskLoad.Result first = load.run(20_000_000);
            assertTrue(first.operations() >= 64, first::toString);
            assertTrue(first.threadSeconds() <= first.seconds() + 0.02, first::toString);
            assertTrue(load.run(20_000_000).operations() >= 64);
        }
    }

    @Test
    void shouldSayWhichBlockTheDiskDoesNotTake() {
        assertEquals(ExitCode.USAGE, run("bench-disk", "--disk", "mem:8M", "--block", "1000"));
        assertTrue(err.toString().contains("--block=1000 is not a multiple of alignmentBytes="), err::toString);
    }
}
