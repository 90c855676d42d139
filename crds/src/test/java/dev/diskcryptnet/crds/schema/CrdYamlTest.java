package dev.diskcryptnet.crds.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CrdYamlTest {
    static Stream<CustomResourceDefinition> definitions() {
        return Stream.of(CrdYaml.streamingNode(), CrdYaml.streamingNodePool());
    }

    @ParameterizedTest
    @MethodSource("definitions")
    void shouldHoldWhatTheJavaTypesSay(CustomResourceDefinition definition) throws IOException {
        Path file = Path.of(definition.getMetadata().getName() + ".yaml");
        String yaml = CrdYaml.yaml(definition);
        if (Boolean.getBoolean("dcn.crds.write")) {
            Files.writeString(file, yaml);
        }

        assertEquals(
                yaml, Files.readString(file), "crds/" + file + " is not what the types say; run " + CrdYaml.COMMAND);
    }

    @Test
    void shouldHaveNothingElseThatKubectlWouldApply() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("."))) {
            List<String> applied = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches(".*[.](yaml|yml|json)"))
                    .sorted()
                    .toList();

            assertEquals(
                    List.of("streamingnodepools.diskcryptnet.dev.yaml", "streamingnodes.diskcryptnet.dev.yaml"),
                    applied);
        }
    }
}
