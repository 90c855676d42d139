package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the chart says of itself is so. */
@Tag("cluster")
class ChartReadmeTest {
    private static final Path README = Chart.SOURCE.resolve("README.md");
    private static final Pattern TABLE = Pattern.compile("<!-- values -->\n(.*?)<!-- /values -->", Pattern.DOTALL);

    @Test
    void shouldDescribeEveryValueInValuesYaml() {
        Set<String> described = DefaultValues.documented().stream()
                .map(value -> value.key())
                .collect(Collectors.toCollection(TreeSet::new));
        // A map that is given as a whole is described as a whole.
        Set<String> leaves = DefaultValues.leaves(DefaultValues.read()).stream()
                .map(leaf -> leaf.substring(1).replace('/', '.'))
                .map(leaf -> leaf.startsWith("resources.") ? "resources" : leaf)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(leaves, described);
    }

    @Test
    void shouldHaveTheTableOfValuesInTheReadme() throws IOException {
        StringBuilder table = new StringBuilder("| value | default | meaning |\n|---|---|---|\n");
        DefaultValues.documented()
                .forEach(value -> table.append(
                        "| `%s` | `%s` | %s |%n".formatted(value.key(), value.defaultValue(), value.description())));
        String text = Files.readString(README);
        Matcher present = TABLE.matcher(text);
        assertTrue(present.find(), "the README has no place for the table");
        if (Boolean.getBoolean("dcn.chart.write")) {
            Files.writeString(README, text.substring(0, present.start(1)) + table + text.substring(present.end(1)));
        } else {
            assertEquals(table.toString(), present.group(1), "write it with -Ddcn.chart.write=true");
        }
    }

    @Test
    void shouldHaveTheVersionOfTheProject() throws IOException {
        Matcher version = Pattern.compile("<version>([0-9.]+)(-SNAPSHOT)?</version>")
                .matcher(Files.readString(Chart.ROOT.resolve("pom.xml")));
        assertTrue(version.find());
        JsonNode chart = Chart.documents(Chart.text("Chart.yaml")).getFirst();
        assertEquals(version.group(1), chart.path("appVersion").asText());
        assertEquals(version.group(1), chart.path("version").asText());
    }

    @Test
    void shouldNameOnlyFilesThatThereAre() throws IOException {
        Matcher links = Pattern.compile("]\\(([^)#:]+)\\)").matcher(Files.readString(README));
        while (links.find()) {
            assertTrue(Files.exists(Chart.SOURCE.resolve(links.group(1))), links.group(1));
        }
    }
}
