package dev.diskcryptnet.e2e.onemachine.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.util.ArrayList;
import java.util.List;

/** Objects as text. */
final class Output {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES));

    private Output() {}

    /** An object as it is shown: without the notes on who manages which field. */
    static JsonNode tree(Object object) {
        ObjectNode tree = JSON.valueToTree(object);
        if (tree.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
        }
        return tree;
    }

    static JsonNode list(List<JsonNode> items) {
        ObjectNode list = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "List");
        items.forEach(list.putArray("items")::add);
        return list;
    }

    static String json(JsonNode tree) {
        return tree.toPrettyString();
    }

    static String yaml(JsonNode tree) {
        try {
            return YAML.writeValueAsString(tree).stripTrailing();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Columns aligned to the left, three blanks apart; what is empty shows as {@code <none>}. */
    static String table(List<List<String>> rows) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        List<List<String>> shown = new ArrayList<>();
        for (List<String> row : rows) {
            List<String> cells = row.stream()
                    .map(cell -> cell == null || cell.isEmpty() ? "<none>" : cell.replace('\n', ' '))
                    .toList();
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], cells.get(i).length());
            }
            shown.add(cells);
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : shown) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 3));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString().stripTrailing();
    }
}
