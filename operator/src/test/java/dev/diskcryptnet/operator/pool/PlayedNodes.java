package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodeStatus;
import dev.diskcryptnet.operator.model.Names;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Plays what makes StreamingNodes ready: each gets a finalizer, is not ready for a while after its spec changed, then
 * is, unless it is a broken one, and is gone some time after its deletion. Looks after the pools' promises meanwhile.
 */
final class PlayedNodes implements AutoCloseable {
    private static final long PAUSE_MS = 20;

    private final KubernetesClient client;
    private final String namespace;
    private final Thread thread;
    private final List<String> breaches = new CopyOnWriteArrayList<>();
    private final AtomicInteger mostDown = new AtomicInteger();
    private final Set<String> onceReady = new HashSet<>();
    private volatile Predicate<StreamingNode> healthy = node -> true;
    private volatile boolean ended;

    PlayedNodes(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
        thread = Thread.ofPlatform().name("played-nodes").daemon().start(this::run);
    }

    /** Which StreamingNodes become ready. */
    void healthy(Predicate<StreamingNode> which) {
        healthy = which;
    }

    /** Promises that were broken. */
    List<String> breaches() {
        return List.copyOf(breaches);
    }

    /** How many that were ready once were not, at most, at one time since the last call. */
    int mostDown() {
        return mostDown.getAndSet(0);
    }

    private void run() {
        while (!ended) {
            try {
                List<StreamingNode> nodes = client.resources(StreamingNode.class)
                        .inNamespace(namespace)
                        .list()
                        .getItems();
                watch(nodes);
                nodes.forEach(this::play);
                Thread.sleep(PAUSE_MS);
            } catch (KubernetesClientException e) {
                // Somebody was faster, or the test lets requests fail: next time.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void watch(List<StreamingNode> nodes) {
        Set<String> machines = new HashSet<>();
        int down = 0;
        for (StreamingNode node : nodes) {
            if (!machines.add(node.getSpec().nodeName)) {
                breaches.add("two StreamingNodes on " + node.getSpec().nodeName);
            }
            if (Observation.isReady(node)) {
                onceReady.add(node.getMetadata().getUid());
            } else if (!node.isMarkedForDeletion()
                    && onceReady.contains(node.getMetadata().getUid())) {
                down++;
            }
        }
        mostDown.accumulateAndGet(down, Math::max);
    }

    private void play(StreamingNode node) {
        if (node.isMarkedForDeletion()) {
            node.getMetadata().setFinalizers(List.of());
            client.resource(node).update();
        } else if (node.getFinalizers().isEmpty()) {
            node.getMetadata().setFinalizers(List.of(Names.FINALIZER));
            client.resource(node).update();
        } else {
            playStatus(node);
        }
    }

    private void playStatus(StreamingNode node) {
        Long generation = node.getMetadata().getGeneration();
        StreamingNodeStatus status = Objects.requireNonNullElseGet(node.getStatus(), StreamingNodeStatus::new);
        boolean seen = generation.equals(status.observedGeneration);
        String wanted = seen && healthy.test(node) ? "True" : "False";
        ConditionStatus ready = Observation.readyCondition(node);
        if (seen && ready != null && wanted.equals(ready.status)) {
            return;
        }
        ConditionStatus condition = new ConditionStatus();
        condition.type = "Ready";
        condition.status = wanted;
        condition.reason = wanted.equals("True") ? "Serving" : "AgentStarting";
        condition.lastTransitionTime = Instant.now().toString();
        condition.observedGeneration = generation;
        status.observedGeneration = generation;
        status.conditions = List.of(condition);
        node.setStatus(status);
        client.resource(node).updateStatus();
    }

    @Override
    public void close() throws InterruptedException {
        ended = true;
        thread.interrupt();
        thread.join();
    }
}
