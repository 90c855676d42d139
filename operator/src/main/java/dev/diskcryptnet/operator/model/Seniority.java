package dev.diskcryptnet.operator.model;

import dev.diskcryptnet.crds.StreamingNode;
import java.util.Comparator;

/** Who was there first. */
public final class Seniority {
    /** Older before younger: by creation, which counts whole seconds, then by name, namespace and uid. */
    public static final Comparator<StreamingNode> OLDEST_FIRST = Comparator.comparing(
                    (StreamingNode node) -> text(node.getMetadata().getCreationTimestamp()))
            .thenComparing(node -> text(node.getMetadata().getName()))
            .thenComparing(node -> text(node.getMetadata().getNamespace()))
            .thenComparing(node -> text(node.getMetadata().getUid()));

    private Seniority() {}

    /** Timestamps are RFC 3339 in UTC with whole seconds, so their order is that of their text. */
    private static String text(String value) {
        return value == null ? "" : value;
    }
}
