package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.Patterns;
import dev.diskcryptnet.crds.StreamingNodePoolSpec;
import dev.diskcryptnet.crds.StreamingNodeTemplate;
import dev.diskcryptnet.crds.TemplateMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The rules of a StreamingNodePool. */
public final class StreamingNodePoolRules {
    private static final Pattern RESERVED = Pattern.compile(Patterns.RESERVED_KEY);

    private StreamingNodePoolRules() {}

    /**
     * Checks a spec.
     *
     * @param spec may be null, which is a problem of its own
     * @param prefix what stands in front of a field's path in messages: {@code "spec."}
     * @return every problem, none when the spec is right
     */
    public static List<String> problems(StreamingNodePoolSpec spec, String prefix) {
        if (spec == null) {
            return List.of(prefix.replaceFirst("[.]$", "") + " is missing; write replicas and a template");
        }
        Problems problems = new Problems(prefix);
        problems.range("replicas", spec.replicas, 0, Limits.MAX_REPLICAS);
        checkLabels(problems, "nodeSelector", spec.nodeSelector);
        checkMaxUnavailable(problems, spec.maxUnavailable);
        List<String> found = new ArrayList<>();
        if (spec.template == null) {
            problems.add("template", " is missing; write what the pool's streaming nodes are made from");
        } else {
            found.addAll(problemsOfTemplate(spec.template, problems, prefix + "template."));
        }
        found.addAll(0, problems.found());
        return List.copyOf(found);
    }

    /**
     * Checks the name of a StreamingNodePool.
     *
     * @return every problem, none when the name is right
     */
    public static List<String> problemsOfName(String name) {
        return StreamingNodeRules.problemsOfName(
                name, Limits.MAX_POOL_NAME_LENGTH, "its StreamingNodes are named after it");
    }

    private static List<String> problemsOfTemplate(StreamingNodeTemplate template, Problems problems, String prefix) {
        TemplateMetadata metadata = template.metadata;
        if (metadata != null) {
            checkLabels(problems, "template.metadata.labels", metadata.labels);
            checkAnnotations(problems, metadata.annotations);
            checkReserved(problems, "template.metadata.labels", metadata.labels);
            checkReserved(problems, "template.metadata.annotations", metadata.annotations);
        }
        return StreamingNodeRules.problems(template.spec, StreamingNodeRules.Use.IN_POOL, prefix + "spec.");
    }

    private static void checkMaxUnavailable(Problems problems, String text) {
        boolean right = problems.syntax(
                "maxUnavailable",
                text,
                Patterns.COUNT_OR_SHARE,
                Limits.MAX_COUNT_LENGTH,
                "is neither a number of at least 1 nor a share; write it like 1 or 25%");
        if (right && !text.endsWith("%")) {
            problems.range("maxUnavailable", Integer.valueOf(text), 1, Limits.MAX_REPLICAS);
        }
    }

    private static void checkLabels(Problems problems, String path, Map<String, String> labels) {
        problems.eachEntry(
                path,
                labels,
                Limits.MAX_LABELS,
                key -> checkKey(problems, path, key, "label"),
                (field, value) -> problems.syntax(
                        field,
                        value,
                        Patterns.LABEL_VALUE,
                        Limits.MAX_LABEL_LENGTH,
                        "is not a label's value; write at most 63 letters, digits, - _ and ."));
    }

    private static void checkAnnotations(Problems problems, Map<String, String> annotations) {
        String path = "template.metadata.annotations";
        problems.eachEntry(
                path,
                annotations,
                Limits.MAX_ANNOTATIONS,
                key -> checkKey(problems, path, key, "annotation"),
                (field, value) -> {
                    if (value.length() > Limits.MAX_ANNOTATION_LENGTH) {
                        problems.add(
                                field,
                                " has " + value.length() + " characters; write at most "
                                        + Limits.MAX_ANNOTATION_LENGTH);
                    }
                });
    }

    private static void checkKey(Problems problems, String path, String key, String kind) {
        problems.syntax(
                path,
                key,
                Patterns.LABEL_KEY,
                Limits.MAX_LABEL_KEY_LENGTH,
                "is not the key of a" + (kind.startsWith("a") ? "n " : " ") + kind
                        + "; write it like streaming or example.com/streaming");
    }

    private static void checkReserved(Problems problems, String path, Map<String, String> entries) {
        if (entries == null) {
            return;
        }
        entries.keySet().stream()
                .filter(key -> RESERVED.matcher(key).find())
                .forEach(key -> problems.add(path, " has " + key + ", which the operator sets itself; remove it"));
    }
}
