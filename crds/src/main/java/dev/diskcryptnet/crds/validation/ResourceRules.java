package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import java.util.List;
import java.util.stream.Stream;

/** The rules of whole resources, for those who have fabric8 beside them. */
public final class ResourceRules {
    private static final String PREFIX = "spec.";

    private ResourceRules() {}

    /**
     * Checks name and spec. Of one that was not understood in full, only that is said: what else is in it is not known.
     *
     * @return every problem, none when the resource is right
     */
    public static List<String> problems(StreamingNode node) {
        if (node.unread() != null) {
            return node.unread().problems();
        }
        return Stream.concat(
                        StreamingNodeRules.problemsOfName(node.getMetadata().getName()).stream(),
                        StreamingNodeRules.problems(node.getSpec(), StreamingNodeRules.Use.IN_CLUSTER, PREFIX).stream())
                .toList();
    }

    /**
     * Checks name and spec, as that of a StreamingNode.
     *
     * @return every problem, none when the resource is right
     */
    public static List<String> problems(StreamingNodePool pool) {
        if (pool.unread() != null) {
            return pool.unread().problems();
        }
        return Stream.concat(
                        StreamingNodePoolRules.problemsOfName(pool.getMetadata().getName()).stream(),
                        StreamingNodePoolRules.problems(pool.getSpec(), PREFIX).stream())
                .toList();
    }
}
