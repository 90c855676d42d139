package dev.diskcryptnet.operator.pool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolSpec;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.TemplateMetadata;
import dev.diskcryptnet.operator.model.Names;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes members from a pool's template, tells whether one is as the template says, and puts right one that is not.
 *
 * <p>The spec is the template's, whole: a field that somebody added to a member is taken out again. Labels and
 * annotations of others stay; those that the template had once and has no more are known by {@link #FROM_TEMPLATE}.
 */
final class MemberTemplate {
    /** Annotation of a member: when the pool last changed its spec, RFC 3339. */
    static final String ROLLED_AT = "diskcryptnet.dev/rolled-at";
    /** Annotation of a member: the keys of labels and annotations that are the template's. */
    static final String FROM_TEMPLATE = "diskcryptnet.dev/from-template";

    private static final String LABEL = "label:";
    private static final String ANNOTATION = "annotation:";

    private final StreamingNodePool pool;
    private final KubernetesSerialization serialization;
    private final ObjectNode spec;
    private final Map<String, String> labels = new TreeMap<>();
    private final Map<String, String> annotations = new TreeMap<>();

    /** @param pool with a template that has a spec */
    MemberTemplate(StreamingNodePool pool, KubernetesSerialization serialization) {
        this.pool = pool;
        this.serialization = serialization;
        spec = json(pool.getSpec().template.spec);
        TemplateMetadata metadata =
                Objects.requireNonNullElseGet(pool.getSpec().template.metadata, TemplateMetadata::new);
        labels.putAll(Objects.requireNonNullElse(metadata.labels, Map.of()));
        annotations.putAll(Objects.requireNonNullElse(metadata.annotations, Map.of()));
        annotations.put(FROM_TEMPLATE, keys());
        labels.put(Names.POOL_LABEL, pool.getMetadata().getName());
    }

    /** A new member for a machine. */
    StreamingNode make(String machine) {
        StreamingNode member = new StreamingNode();
        member.setMetadata(new ObjectMetaBuilder()
                .withNamespace(pool.getMetadata().getNamespace())
                .withName(MemberNames.of(pool.getMetadata().getName(), machine))
                .withLabels(labels)
                .withAnnotations(annotations)
                .withOwnerReferences(owner())
                .build());
        member.setSpec(specFor(machine));
        return member;
    }

    /** What each member claims of its machine. */
    Set<String> claims() {
        return Census.claims(specFor(pool.getMetadata().getName()));
    }

    /** Whether the member's spec is the template's. */
    boolean specCurrent(StreamingNode member) {
        return json(member.getSpec()).equals(jsonFor(member.getSpec().nodeName));
    }

    /** Whether the member's labels, annotations and owner are as they should be. */
    boolean metadataCurrent(StreamingNode member) {
        ObjectMeta metadata = member.getMetadata();
        return map(metadata.getLabels()).entrySet().containsAll(labels.entrySet())
                && map(metadata.getAnnotations()).entrySet().containsAll(annotations.entrySet())
                && isOwner(pool, member);
    }

    /**
     * The member as the template has it, to replace it under the resourceVersion it was read at.
     *
     * @param rolls whether its spec is put right too, as of {@code now}
     */
    StreamingNode renewed(StreamingNode member, boolean rolls, Instant now) {
        StreamingNode renewed = serialization.clone(member);
        ObjectMeta metadata = renewed.getMetadata();
        Map<String, String> itsLabels = new HashMap<>(map(metadata.getLabels()));
        Map<String, String> itsAnnotations = new HashMap<>(map(metadata.getAnnotations()));
        for (String key : itsAnnotations.getOrDefault(FROM_TEMPLATE, "").split(" ")) {
            if (key.startsWith(LABEL)) {
                itsLabels.remove(key.substring(LABEL.length()));
            } else if (key.startsWith(ANNOTATION)) {
                itsAnnotations.remove(key.substring(ANNOTATION.length()));
            }
        }
        itsLabels.putAll(labels);
        itsAnnotations.putAll(annotations);
        if (rolls) {
            renewed.unread(null);
            renewed.setSpec(specFor(member.getSpec().nodeName));
            itsAnnotations.put(ROLLED_AT, now.toString());
        }
        metadata.setLabels(itsLabels);
        metadata.setAnnotations(itsAnnotations);
        if (!isOwner(pool, member)) {
            List<OwnerReference> owners = new ArrayList<>(metadata.getOwnerReferences());
            owners.add(owner());
            metadata.setOwnerReferences(owners);
        }
        return renewed;
    }

    /** Whether exactly this pool, not an earlier one of its name, controls the StreamingNode. */
    static boolean isOwner(StreamingNodePool pool, StreamingNode member) {
        String uid = pool.getMetadata().getUid();
        return member.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> Boolean.TRUE.equals(owner.getController())
                        && owner.getUid().equals(uid));
    }

    private StreamingNodeSpec specFor(String machine) {
        return serialization.convertValue(jsonFor(machine), StreamingNodeSpec.class);
    }

    private ObjectNode jsonFor(String machine) {
        return spec.deepCopy().put("nodeName", machine);
    }

    private ObjectNode json(StreamingNodeSpec of) {
        return serialization.convertValue(of, ObjectNode.class);
    }

    private String keys() {
        TreeSet<String> keys = new TreeSet<>();
        labels.keySet().forEach(key -> keys.add(LABEL + key));
        annotations.keySet().forEach(key -> keys.add(ANNOTATION + key));
        return String.join(" ", keys);
    }

    private OwnerReference owner() {
        return new OwnerReferenceBuilder()
                .withApiVersion(StreamingNodeSpec.API_VERSION)
                .withKind(StreamingNodePoolSpec.KIND)
                .withName(pool.getMetadata().getName())
                .withUid(pool.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build();
    }

    private static Map<String, String> map(Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
