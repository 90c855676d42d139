package dev.diskcryptnet.operator.model;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Map;
import java.util.TreeMap;

/** Names, labels and annotations of what belongs to a StreamingNode. */
public final class Names {
    /** Label with the name of the StreamingNode, on everything that belongs to it. */
    public static final String NODE_LABEL = "diskcryptnet.dev/streaming-node";
    /** Label with the name of the pool, on its members and what belongs to them. */
    public static final String POOL_LABEL = "diskcryptnet.dev/pool";
    /** Label that tells agents from release jobs. */
    public static final String COMPONENT_LABEL = "app.kubernetes.io/component";
    /** Label that every object of this operator carries. */
    public static final String MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
    /** Value of {@link #MANAGED_BY_LABEL}. */
    public static final String OPERATOR = "diskcryptnet-operator";
    /** Value of {@link #COMPONENT_LABEL} for what serves. */
    public static final String AGENT = "agent";
    /** Value of {@link #COMPONENT_LABEL} for what gives devices back. */
    public static final String RELEASE = "release";
    /** Annotation of the pod: changes when the agent must start again to see its configuration. */
    public static final String CONFIG_HASH = "diskcryptnet.dev/config-hash";
    /** Finalizer: devices have to be given back first. */
    public static final String FINALIZER = "diskcryptnet.dev/release";
    /** Annotation that lets a StreamingNode go without its devices being given back. */
    public static final String FORCE_DELETE = "diskcryptnet.dev/force-delete";
    /** Key of the configuration in the ConfigMap. */
    public static final String CONFIG_KEY = "agent.yaml";
    /** Key of the token in the Secret. */
    public static final String TOKEN_KEY = "token";

    private Names() {}

    /** Of StatefulSet, Service and ServiceAccount. */
    public static String agent(String node) {
        return node + "-agent";
    }

    /** Of the ConfigMap. */
    public static String config(String node) {
        return node + "-agent-config";
    }

    /** Of the Secret with the admin token. */
    public static String admin(String node) {
        return node + "-agent-admin";
    }

    /** Of the Job that gives devices back. */
    public static String release(String node) {
        return node + "-agent-release";
    }

    /** Directory on the machine and in the pod with the agent's journal. */
    public static String stateDirectory(StreamingNode node) {
        return "/var/lib/diskcryptnet/" + node.getMetadata().getNamespace() + "."
                + node.getMetadata().getName();
    }

    /** Labels that every object of {@code node} carries. */
    public static Map<String, String> labels(StreamingNode node, String component) {
        Map<String, String> labels = new TreeMap<>();
        labels.put("app.kubernetes.io/name", "dcn-agent");
        labels.put("app.kubernetes.io/instance", node.getMetadata().getName());
        labels.put(MANAGED_BY_LABEL, OPERATOR);
        labels.put("app.kubernetes.io/part-of", "diskcryptnet");
        labels.put(COMPONENT_LABEL, component);
        labels.put(NODE_LABEL, node.getMetadata().getName());
        Map<String, String> own = node.getMetadata().getLabels();
        if (own != null && own.containsKey(POOL_LABEL)) {
            labels.put(POOL_LABEL, own.get(POOL_LABEL));
        }
        return labels;
    }

    /** Labels that select the agent's pod; they never change. */
    public static Map<String, String> selector(StreamingNode node) {
        return Map.of(NODE_LABEL, node.getMetadata().getName(), COMPONENT_LABEL, AGENT);
    }

    /** Metadata of an object of {@code node}. */
    public static ObjectMeta meta(StreamingNode node, String name, String component) {
        return new ObjectMetaBuilder()
                .withNamespace(node.getMetadata().getNamespace())
                .withName(name)
                .withLabels(labels(node, component))
                .withOwnerReferences(owner(node))
                .build();
    }

    private static OwnerReference owner(StreamingNode node) {
        return new OwnerReferenceBuilder()
                .withApiVersion(StreamingNodeSpec.API_VERSION)
                .withKind(StreamingNodeSpec.KIND)
                .withName(node.getMetadata().getName())
                .withUid(node.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build();
    }

    /** Whether {@code object} belongs to exactly this {@code node}, not to an earlier one of the same name. */
    public static boolean owns(StreamingNode node, HasMetadata object) {
        return object.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(node.getMetadata().getUid()));
    }
}
