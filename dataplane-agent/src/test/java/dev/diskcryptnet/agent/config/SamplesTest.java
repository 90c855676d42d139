package dev.diskcryptnet.agent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The StreamingNodes in deploy/samples are what this agent takes, or say themselves that it does not take them yet. */
class SamplesTest {
    private static final Path SAMPLES = Path.of("../deploy/samples");
    private static final String NOT_YET = "not supported by this version of the agent";

    static List<Path> nodes() {
        try (Stream<Path> files = Files.list(SAMPLES)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .filter(file -> text(file).contains("kind: StreamingNode\n"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void shouldBeTakenOrSaySoItself(Path sample) {
        String text = text(sample);
        boolean saysNotYet = text.contains("# Not yet: ");
        try {
            AgentConfig.parse(text, sample.toString());
            assertFalse(saysNotYet, "the agent takes it by now: remove what the sample says");
        } catch (ConfigException e) {
            assertTrue(saysNotYet, e.getMessage());
            e.problems().forEach(problem -> assertTrue(problem.contains(NOT_YET), problem));
        }
    }

    @Test
    void shouldBeForTheMachinesThatPeopleHave() {
        List<String> names =
                nodes().stream().map(file -> file.getFileName().toString()).toList();
        assertEquals(
                List.of(
                        "block-device.yaml",
                        "connectx6.yaml",
                        "e810-vfio.yaml",
                        "file-demo.yaml",
                        "four-disks-tls.yaml",
                        "one-machine.yaml"),
                names);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
