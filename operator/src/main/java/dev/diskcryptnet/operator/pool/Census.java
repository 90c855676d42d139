package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.operator.model.DeviceClaims;
import dev.diskcryptnet.operator.model.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The StreamingNodes that can be seen, told apart by what they are to one pool.
 *
 * <p>A member is controlled by the pool, whatever its labels say. One that nobody controls is a member too if it
 * carries the pool's label and the name that the pool would give it: the pool was deleted without its members and made
 * again.
 *
 * @param members by name
 * @param others  all others
 */
record Census(Map<String, StreamingNode> members, List<StreamingNode> others) {
    static Census of(StreamingNodePool pool, Stream<StreamingNode> nodes) {
        Map<String, StreamingNode> members = new TreeMap<>();
        Map<String, StreamingNode> others = new LinkedHashMap<>();
        nodes.filter(node -> node.getSpec() != null).forEach(node -> {
            if (isMember(pool, node)) {
                members.put(node.getMetadata().getName(), node);
            } else {
                others.put(id(node), node);
            }
        });
        return new Census(members, List.copyOf(others.values()));
    }

    static boolean isMember(StreamingNodePool pool, StreamingNode node) {
        if (!sameNamespace(pool, node)) {
            return false;
        }
        if (MemberTemplate.isOwner(pool, node)) {
            return true;
        }
        String machine = node.getSpec().nodeName;
        return machine != null
                && isLabelled(pool, node)
                && node.getMetadata().getOwnerReferences().stream()
                        .noneMatch(owner -> Boolean.TRUE.equals(owner.getController()))
                && node.getMetadata()
                        .getName()
                        .equals(MemberNames.of(pool.getMetadata().getName(), machine));
    }

    static Occupant occupant(StreamingNodePool pool, StreamingNode node) {
        boolean near = sameNamespace(pool, node);
        return new Occupant(
                id(node),
                near ? node.getMetadata().getName() : null,
                node.getSpec().nodeName,
                claims(node.getSpec()),
                near && isLabelled(pool, node));
    }

    /** The others, as placement sees them. */
    List<Occupant> occupants(StreamingNodePool pool) {
        return others.stream().map(node -> occupant(pool, node)).toList();
    }

    List<Member> members(MemberTemplate template) {
        return members.values().stream()
                .map(node -> Observation.member(node, template))
                .toList();
    }

    /** What a spec with a machine wants of it for itself alone. */
    static Set<String> claims(StreamingNodeSpec spec) {
        return DeviceClaims.of(spec).stream().map(DeviceClaims.Claim::device).collect(Collectors.toUnmodifiableSet());
    }

    /** NAMESPACE/NAME. */
    static String id(StreamingNode node) {
        return node.getMetadata().getNamespace() + "/" + node.getMetadata().getName();
    }

    private static boolean sameNamespace(StreamingNodePool pool, StreamingNode node) {
        return Objects.equals(
                pool.getMetadata().getNamespace(), node.getMetadata().getNamespace());
    }

    private static boolean isLabelled(StreamingNodePool pool, StreamingNode node) {
        Map<String, String> labels = node.getMetadata().getLabels();
        return labels != null && pool.getMetadata().getName().equals(labels.get(Names.POOL_LABEL));
    }
}
