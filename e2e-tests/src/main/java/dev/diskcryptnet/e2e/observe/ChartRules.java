package dev.diskcryptnet.e2e.observe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The chart's alerts and recording rules with its default values, as a Prometheus without an operator takes them. Helm needs
 * a cluster to render this chart; what is put into this file's text is simple enough to be put there without.
 */
public final class ChartRules {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private ChartRules() {}

    /**
     * What the chart's PrometheusRule has as its spec: {@code groups}, as in a file of rules.
     *
     * @param chart its directory
     * @param namespace of a release of the chart's own name
     */
    public static JsonNode of(Path chart, String namespace) {
        try {
            String text = Files.readString(chart.resolve("files/monitoring/rules.yaml"))
                    .replace("${operatorNamespace}", namespace)
                    .replace("${operatorName}", "diskcryptnet-operator");
            JsonNode values = YAML.readTree(chart.resolve("values.yaml").toFile());
            for (Map.Entry<String, JsonNode> threshold :
                    values.at("/monitoring/rules/thresholds").properties()) {
                text = text.replace(
                        "${" + threshold.getKey() + "}", threshold.getValue().asText());
            }
            return YAML.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException("chart=" + chart + " cannot be read", e);
        }
    }

    /** As the text of a file. */
    public static String toYaml(JsonNode rules) {
        try {
            return YAML.writeValueAsString(rules);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
