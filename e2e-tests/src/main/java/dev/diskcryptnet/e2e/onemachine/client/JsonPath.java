package dev.diskcryptnet.e2e.onemachine.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The part of JSONPath that printer columns use: {@code .a.b}, {@code ['a']}, {@code [0]}, {@code [*]} and
 * {@code [?(@.a=="b")]}; a backslash before a dot makes it part of a name.
 */
final class JsonPath {
    private static final Pattern STEP = Pattern.compile("\\.(?<name>(?:\\\\.|[^.\\[\\\\])+)"
            + "|\\['(?<quoted>[^']+)'\\]"
            + "|\\[(?<index>\\d+)\\]"
            + "|\\[(?<all>\\*)\\]"
            + "|\\[\\?\\(@(?<path>[^=]+?)\\s*==\\s*[\"'](?<value>[^\"']*)[\"']\\)\\]");

    private JsonPath() {}

    /**
     * Evaluates a path.
     *
     * @return what is found, in words; several separated by commas; empty when there is nothing
     * @throws IllegalArgumentException when the path is none of this kind
     */
    static String text(JsonNode root, String path) {
        return find(root, path).stream()
                .map(node -> node.isValueNode() ? node.asText() : node.toString())
                .collect(Collectors.joining(","));
    }

    static List<JsonNode> find(JsonNode root, String path) {
        List<JsonNode> found = List.of(root);
        Matcher step = STEP.matcher(path);
        int end = 0;
        while (end < path.length()) {
            if (!step.find(end) || step.start() != end) {
                throw new IllegalArgumentException("path=" + path + " is not understood at position " + end);
            }
            found = next(found, step);
            end = step.end();
        }
        return found;
    }

    private static List<JsonNode> next(List<JsonNode> nodes, Matcher step) {
        List<JsonNode> next = new ArrayList<>();
        for (JsonNode node : nodes) {
            if (step.group("name") != null) {
                add(next, node.path(step.group("name").replace("\\", "")));
            } else if (step.group("quoted") != null) {
                add(next, node.path(step.group("quoted")));
            } else if (step.group("index") != null) {
                add(next, node.path(Integer.parseInt(step.group("index"))));
            } else {
                for (JsonNode element : node) {
                    if (step.group("all") != null
                            || text(element, step.group("path")).equals(step.group("value"))) {
                        next.add(element);
                    }
                }
            }
        }
        return next;
    }

    private static void add(List<JsonNode> nodes, JsonNode node) {
        if (!node.isMissingNode() && !node.isNull()) {
            nodes.add(node);
        }
    }
}
