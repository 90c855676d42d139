package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmulatorFaultTest {
    private static final String MISSED = "guest: processor=1 missed a timer, which was set again\n";
    private static final String ASSERTION =
            "qemu-system-x86_64: ../../system/physmem.c:2678: iotlb_to_section: Assertion"
                    + " `section_index < d->map.sections_nb' failed.";

    @TempDir
    Path directory;

    private Optional<String> of(String log, String console) throws IOException {
        return EmulatorFault.of(
                Files.writeString(directory.resolve("log"), log),
                Files.writeString(directory.resolve("console"), console));
    }

    @Test
    void shouldTellThatQemuAborted() throws IOException {
        assertEquals(Optional.of(ASSERTION), of("one\n" + ASSERTION + "\ntwo\n", ""));
    }

    @Test
    void shouldTellAProcessorThatHasNoTimersAnyMore() throws IOException {
        assertEquals(Optional.of("a processor missed timers=5"), of("", MISSED.repeat(5)));
    }

    @Test
    void shouldExcuseNothingElse() throws IOException {
        assertEquals(
                Optional.empty(),
                of("qemu-system-x86_64: -device nvme: no drive\n", "Kernel panic - not syncing\n" + MISSED.repeat(4)));
    }
}
