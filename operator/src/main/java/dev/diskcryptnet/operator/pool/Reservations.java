package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.StreamingNode;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Members that pools have decided to make and that the watch has not shown yet, so that two pools do not choose one
 * machine in the same moment. Not thread-safe: one lock covers looking here and deciding.
 *
 * <p>Nothing is lost with it when the operator ends: the next one begins by reading all StreamingNodes.
 */
final class Reservations {
    /** Longer than a watch takes; a member that is made and deleted in between is forgotten after this. */
    static final Duration LIFETIME = Duration.ofSeconds(30);

    private record Reservation(StreamingNode member, Instant until) {}

    private final Map<String, Reservation> byId = new LinkedHashMap<>();

    void add(StreamingNode member, Instant now) {
        byId.put(Census.id(member), new Reservation(member, now.plus(LIFETIME)));
    }

    void remove(StreamingNode member) {
        byId.remove(Census.id(member));
    }

    /** What is reserved and not among those seen. */
    List<StreamingNode> unseen(Set<String> seenIds, Instant now) {
        byId.entrySet()
                .removeIf(entry -> seenIds.contains(entry.getKey())
                        || now.isAfter(entry.getValue().until()));
        return byId.values().stream().map(Reservation::member).toList();
    }
}
