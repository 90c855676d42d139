package dev.diskcryptnet.e2e.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The chart's values.yaml: what it says, and what it says about it. */
final class DefaultValues {
    private DefaultValues() {}

    /** A value with its default, as JSON, and its description; the key has dots. */
    record Documented(String key, String defaultValue, String description) {}

    static JsonNode read() {
        return Chart.documents(Chart.text("values.yaml")).getFirst();
    }

    /** JSON pointers of all values that are no groups of values: texts, numbers, flags, lists and maps that are empty. */
    static Set<String> leaves(JsonNode values) {
        Set<String> leaves = new LinkedHashSet<>();
        collect("", values, leaves);
        return leaves;
    }

    /** Everything that values.yaml describes, in its order. A description is the comment that starts with two hyphens. */
    static List<Documented> documented() {
        JsonNode values = read();
        List<Documented> documented = new ArrayList<>();
        Deque<String> path = new ArrayDeque<>();
        StringBuilder description = new StringBuilder();
        for (String line : Chart.text("values.yaml").lines().toList()) {
            String content = line.strip();
            if (content.startsWith("# -- ")) {
                description.setLength(0);
                description.append(content.substring("# -- ".length()));
            } else if (content.startsWith("# ") && !description.isEmpty()) {
                description.append(' ').append(content.substring("# ".length()));
            } else if (content.matches("[A-Za-z]+:.*")) {
                int depth = (line.length() - line.stripLeading().length()) / 2;
                while (path.size() > depth) {
                    path.removeLast();
                }
                path.addLast(content.substring(0, content.indexOf(':')));
                if (!description.isEmpty()) {
                    String key = String.join(".", path);
                    JsonNode value = values.at("/" + key.replace('.', '/'));
                    documented.add(new Documented(key, value.toString(), description.toString()));
                    description.setLength(0);
                }
            }
        }
        return documented;
    }

    private static void collect(String pointer, JsonNode value, Set<String> leaves) {
        if (!value.isObject() || value.isEmpty()) {
            leaves.add(pointer);
            return;
        }
        value.properties().forEach(field -> collect(pointer + "/" + field.getKey(), field.getValue(), leaves));
    }
}
