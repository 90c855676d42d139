package dev.diskcryptnet.crds.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.validation.ResourceRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What deploy/ shows to users is right. */
class SamplesTest {
    private static final Path DEPLOY = Path.of("../deploy");
    private static final YAMLMapper MAPPER = new YAMLMapper();

    /** One resource of ours in a file. */
    record Sample(Path file, ObjectNode resource) {
        String kind() {
            return resource.path("kind").asText();
        }

        @Override
        public String toString() {
            return file + " " + kind();
        }
    }

    static List<Sample> samples() throws IOException {
        List<Sample> samples = new ArrayList<>();
        try (Stream<Path> files = Files.walk(DEPLOY)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                samples.addAll(samplesIn(file));
            }
        }
        return samples;
    }

    private static List<Sample> samplesIn(Path file) throws IOException {
        try (var documents = MAPPER.readerFor(ObjectNode.class).<ObjectNode>readValues(file.toFile())) {
            return documents.readAll().stream()
                    .map(resource -> new Sample(file, resource))
                    .filter(sample -> sample.kind().equals("StreamingNode")
                            || sample.kind().equals("StreamingNodePool"))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void shouldKeepEveryRule(Sample sample) throws JsonProcessingException {
        boolean node = sample.kind().equals("StreamingNode");

        assertEquals(
                List.of(),
                (node ? WrongSpecTest.NODE_CHECKS : WrongSpecTest.POOL_CHECKS).problems(sample.resource(), null));
        assertEquals(
                List.of(),
                node
                        ? ResourceRules.problems(MAPPER.treeToValue(sample.resource(), StreamingNode.class))
                        : ResourceRules.problems(MAPPER.treeToValue(sample.resource(), StreamingNodePool.class)));
    }

    @Test
    void shouldFindSamples() throws IOException {
        assertFalse(samples().isEmpty());
    }
}
