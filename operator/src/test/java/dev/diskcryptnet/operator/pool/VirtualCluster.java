package dev.diskcryptnet.operator.pool;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A cluster without an API server: machines, agents that start, restart and end on them, and one pool. Time is a number
 * that the test moves. It plays the garbage-free half of Kubernetes: objects, deadlines and agents, but no rule of
 * pools.
 */
final class VirtualCluster {
    static final String POOL = "edge";
    private static final Duration START_TIME = Duration.ofSeconds(20);
    private static final Duration RELEASE_TIME = Duration.ofSeconds(15);

    /** A machine, and what happened to it. */
    static final class Host {
        boolean exists = true;
        boolean ready = true;
        boolean cordoned;
        boolean tainted;
        boolean selected = true;

        boolean healthy() {
            return exists && ready && !cordoned && !tainted && selected;
        }
    }

    /** A StreamingNode of the pool. */
    static final class Node {
        final String name;
        final String machine;
        final Instant createdAt;
        int spec;
        int labels;
        Instant rolledAt;
        /** Grows with every change of spec, labels or deletion, as resourceVersion does. */
        int version;

        boolean deleting;
        Instant deletedAt;
        /** Spec that the agent runs with, -1 for none. */
        int running = -1;

        Instant startedAt;
        boolean ready;
        Instant readySince;
        /** Taken down by the pool while it was ready, and not back yet. */
        boolean downByPool;

        Node(String name, String machine, Instant createdAt, int spec, int labels) {
            this.name = name;
            this.machine = machine;
            this.createdAt = createdAt;
            this.readySince = createdAt;
            this.spec = spec;
            this.labels = labels;
        }
    }

    final Map<String, Host> hosts = new TreeMap<>();
    final Map<String, Node> nodes = new TreeMap<>();
    final Map<String, Occupant> strangers = new TreeMap<>();
    final Set<Integer> brokenSpecs = new HashSet<>();
    final List<String> used = new ArrayList<>();
    Instant now = PoolViews.NOW;
    int replicas;
    int spec = 1;
    int labels = 1;
    String maxUnavailable = "1";

    /** What the pool sees. Nodes may be shown as they were a while ago: {@code hostsSeen}. */
    PoolView view(List<Machine> hostsSeen) {
        return new PoolView(
                POOL,
                replicas,
                Map.of("pool", "yes"),
                List.of(),
                Set.of("disk"),
                MaxUnavailable.parse(maxUnavailable),
                new PoolView.Limits(PoolViews.DEADLINE, PoolViews.GRACE),
                List.copyOf(used),
                nodes.values().stream().map(this::member).toList(),
                hostsSeen,
                List.copyOf(strangers.values()),
                now);
    }

    private Member member(Node node) {
        boolean ready = node.ready && node.running == node.spec;
        return new Member(
                node.name,
                node.machine,
                node.createdAt,
                node.deleting,
                ready,
                ready ? "Serving" : "AgentStarting",
                node.readySince,
                node.spec == spec,
                node.labels == labels,
                node.rolledAt);
    }

    List<Machine> machines() {
        List<Machine> machines = new ArrayList<>();
        hosts.forEach((name, host) -> {
            if (host.exists) {
                machines.add(new Machine(
                        name,
                        host.selected ? Map.of("pool", "yes") : Map.of(),
                        host.ready,
                        host.cordoned,
                        host.tainted ? List.of(new Taint("repair", "", "NoSchedule")) : List.of()));
            }
        });
        return machines;
    }

    /** Lets time pass and agents do what they would. */
    void pass(Duration time) {
        now = now.plus(time);
        new ArrayList<>(nodes.values()).forEach(this::live);
    }

    private void live(Node node) {
        Host host = hosts.get(node.machine);
        if (node.deleting) {
            boolean released = !host.exists || host.ready && !now.isBefore(node.deletedAt.plus(RELEASE_TIME));
            if (released) {
                nodes.remove(node.name);
            }
            return;
        }
        boolean mayStart = host.exists && host.ready && !host.cordoned && !host.tainted;
        if (!host.exists || !host.ready) {
            node.running = -1;
        } else if (node.running != node.spec) {
            node.running = mayStart ? node.spec : -1;
            node.startedAt = now;
        }
        boolean up = node.running == node.spec
                && !brokenSpecs.contains(node.spec)
                && !now.isBefore(node.startedAt.plus(START_TIME));
        if (up != node.ready) {
            node.ready = up;
            node.readySince = now;
        }
        if (up) {
            node.downByPool = false;
        }
    }

    /** What an API server would do with a write that was decided on {@code versions}; false is a conflict. */
    boolean write(PoolStep step, Map<String, Integer> versions) {
        Optional<Node> present = Optional.ofNullable(nodes.get(step.member()));
        if (step instanceof PoolStep.Create create) {
            if (present.isPresent() || strangers.containsKey(POOL + "/" + create.member())) {
                return false;
            }
            nodes.put(create.member(), new Node(create.member(), create.machine(), now, spec, labels));
            return true;
        }
        if (present.isEmpty() || present.get().version != versions.get(step.member())) {
            return false;
        }
        Node node = present.get();
        node.version++;
        if (step instanceof PoolStep.Delete) {
            node.deleting = true;
            node.deletedAt = now;
        } else if (step instanceof PoolStep.Update update) {
            node.labels = labels;
            if (update.rolls()) {
                node.downByPool |= node.ready;
                node.spec = spec;
                node.rolledAt = now;
                node.ready = false;
                node.readySince = now;
            }
        }
        return true;
    }

    Map<String, Integer> versions() {
        Map<String, Integer> versions = new HashMap<>();
        nodes.forEach((name, node) -> versions.put(name, node.version));
        return versions;
    }

    /** What the status remembers. */
    void remember(PoolView view) {
        List<String> machines = PoolStatuses.machines(used, view.members());
        used.clear();
        used.addAll(machines);
    }
}
