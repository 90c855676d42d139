package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.model.DeviceClaims;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Has StreamingNodes reconciled when another one takes or lets go of a device that they claim too. */
final class Nudges extends AbstractEventSource<String, StreamingNode> {
    private final Map<ResourceID, Set<String>> claimed = new ConcurrentHashMap<>();

    Nudges() {
        super(String.class, "claims");
    }

    @Override
    public Set<String> getSecondaryResources(StreamingNode primary) {
        return claimed.getOrDefault(ResourceID.fromResource(primary), Set.of());
    }

    /** Takes note of what {@code node} claims now, and nudges the others where that is news. */
    void claims(StreamingNode node, Function<String, Iterable<StreamingNode>> claimants) {
        Set<String> now = DeviceClaims.of(node.getSpec()).stream()
                .map(DeviceClaims.Claim::key)
                .collect(Collectors.toSet());
        Set<String> before = claimed.put(ResourceID.fromResource(node), now);
        var changed = new HashSet<>(now);
        if (before != null) {
            changed.addAll(before);
            changed.removeIf(key -> now.contains(key) && before.contains(key));
        }
        nudge(node, changed, claimants);
    }

    /** {@code node} is gone, and claims nothing. */
    void gone(StreamingNode node, Function<String, Iterable<StreamingNode>> claimants) {
        Set<String> before = claimed.remove(ResourceID.fromResource(node));
        nudge(node, before == null ? Set.of() : before, claimants);
    }

    private void nudge(StreamingNode node, Set<String> keys, Function<String, Iterable<StreamingNode>> claimants) {
        var self = ResourceID.fromResource(node);
        var others = new HashSet<ResourceID>();
        keys.forEach(key -> claimants.apply(key).forEach(claimant -> others.add(ResourceID.fromResource(claimant))));
        others.remove(self);
        if (isRunning()) {
            others.forEach(other -> getEventHandler().handleEvent(new Event(other)));
        }
    }
}
