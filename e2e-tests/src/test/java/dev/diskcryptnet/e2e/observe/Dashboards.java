package dev.diskcryptnet.e2e.observe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The chart's dashboards, as Grafana reads them. */
public final class Dashboards {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int WIDTH = 120;

    private Dashboards() {}

    /** A question to Prometheus, and where it is asked. */
    public record Query(String dashboard, String panel, String expression) {
        @Override
        public String toString() {
            return dashboard + ", " + panel + ": " + expression;
        }
    }

    /** All of them, by file. */
    public static SortedMap<Path, JsonNode> of(Path chart) throws IOException {
        SortedMap<Path, JsonNode> dashboards = new TreeMap<>();
        try (Stream<Path> files = Files.list(chart.resolve("files/monitoring/dashboards"))) {
            for (Path file : files.toList()) {
                dashboards.put(file, JSON.readTree(file.toFile()));
            }
        }
        return dashboards;
    }

    /** The panels that show something, without the headings of rows. */
    public static List<JsonNode> panels(JsonNode dashboard) {
        List<JsonNode> panels = new ArrayList<>();
        dashboard.path("panels").forEach(panel -> {
            if (!panel.path("type").asText().equals("row")) {
                panels.add(panel);
            }
        });
        return panels;
    }

    /** What the panels ask. */
    public static List<Query> queries(JsonNode dashboard) {
        List<Query> queries = new ArrayList<>();
        for (JsonNode panel : panels(dashboard)) {
            panel.path("targets")
                    .forEach(target -> queries.add(new Query(
                            dashboard.path("uid").asText(),
                            panel.path("title").asText(),
                            target.path("expr").asText())));
        }
        return queries;
    }

    /** A dashboard's text as it is kept: what fits on a line is on one, so that a panel can be read, and a change seen. */
    public static String format(JsonNode dashboard) {
        StringBuilder text = new StringBuilder();
        write(dashboard, 0, 0, text);
        return text.append('\n').toString();
    }

    /** @param used columns before and after the value on its line */
    private static void write(JsonNode value, int indent, int used, StringBuilder text) {
        String line = oneLine(value);
        if (!value.isContainerNode() || indent > 0 && used + line.length() <= WIDTH) {
            text.append(line);
            return;
        }
        String inner = " ".repeat(indent + 2);
        text.append(value.isObject() ? '{' : '[');
        String separator = "\n";
        if (value.isObject()) {
            for (var field : value.properties()) {
                String name = inner + '"' + field.getKey() + "\": ";
                text.append(separator).append(name);
                write(field.getValue(), indent + 2, name.length() + 1, text);
                separator = ",\n";
            }
        } else {
            for (JsonNode item : value) {
                text.append(separator).append(inner);
                write(item, indent + 2, indent + 3, text);
                separator = ",\n";
            }
        }
        text.append('\n').append(" ".repeat(indent)).append(value.isObject() ? '}' : ']');
    }

    private static String oneLine(JsonNode value) {
        List<String> parts = new ArrayList<>();
        if (value.isObject()) {
            value.properties().forEach(field -> parts.add('"' + field.getKey() + "\": " + oneLine(field.getValue())));
            return "{" + String.join(", ", parts) + "}";
        }
        if (value.isArray()) {
            value.forEach(item -> parts.add(oneLine(item)));
            return "[" + String.join(", ", parts) + "]";
        }
        return value.toString();
    }
}
