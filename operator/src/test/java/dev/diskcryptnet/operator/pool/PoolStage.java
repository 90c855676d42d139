package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.AgentSpec;
import dev.diskcryptnet.crds.DiskSpec;
import dev.diskcryptnet.crds.ListenerSpec;
import dev.diskcryptnet.crds.PortSpec;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolSpec;
import dev.diskcryptnet.crds.StreamingNodePoolStatus;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.StreamingNodeTemplate;
import dev.diskcryptnet.operator.ApiProfile;
import dev.diskcryptnet.operator.OperatorRuntime;
import dev.diskcryptnet.operator.OperatorSettings;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.dependent.WriteGuard;
import dev.diskcryptnet.operator.testing.Eventually;
import dev.diskcryptnet.operator.testing.TestCluster;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** An API server in memory, machines, StreamingNodes that are played, and operators that reconcile pools. */
final class PoolStage implements AutoCloseable {
    private static final PoolView.Limits LIMITS = new PoolView.Limits(Duration.ofSeconds(20), Duration.ofMillis(300));

    final TestCluster cluster = new TestCluster();
    final KubernetesClient client = cluster.client();
    final PlayedNodes nodes = new PlayedNodes(client, TestCluster.NAMESPACE);
    final List<String> events = new CopyOnWriteArrayList<>();
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<Running> operators = new ArrayList<>();

    /** An operator and its connection. */
    private record Running(Operator operator, KubernetesClient client) {}

    PoolStage machines(int count) {
        for (int i = 1; i <= count; i++) {
            machine("m" + i, node -> {});
        }
        return this;
    }

    void machine(String name, Consumer<NodeBuilder> change) {
        NodeBuilder node = new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("kubernetes.io/hostname", name)
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus();
        change.accept(node);
        if (client.nodes().withName(name).get() == null) {
            client.resource(node.build()).create();
        } else {
            client.resource(node.build()).update();
        }
    }

    void startOperator() {
        startOperator(UnaryOperator.identity());
    }

    /** Starts an operator whose writes go through what {@code wrap} makes. */
    void startOperator(UnaryOperator<Applier> wrap) {
        KubernetesClient own = cluster.newClient();
        Applier applier = wrap.apply(ApiProfile.IN_MEMORY.applier(own, WriteGuard.ALWAYS));
        OperatorSettings settings = OperatorSettings.from(
                Map.of("DCN_API_PROFILE", "in-memory", "DCN_WATCH_NAMESPACES", TestCluster.NAMESPACE));
        PoolReconciler reconciler = new PoolReconciler(
                own,
                applier,
                (pool, type, reason, note) -> events.add(type + " " + reason + " " + note),
                registry,
                Clock.systemUTC(),
                LIMITS);
        Operator operator = OperatorRuntime.create(settings, own, Metrics.NOOP, List.of(reconciler));
        operator.start();
        operators.add(new Running(operator, own));
    }

    void stopOperators() {
        operators.forEach(running -> {
            running.operator().stop();
            running.client().close();
        });
        operators.clear();
    }

    /** A valid pool. */
    static StreamingNodePool pool(String name, int replicas) {
        StreamingNodePool pool = new StreamingNodePool();
        pool.setMetadata(new ObjectMetaBuilder()
                .withNamespace(TestCluster.NAMESPACE)
                .withName(name)
                .build());
        StreamingNodePoolSpec spec = new StreamingNodePoolSpec();
        spec.replicas = replicas;
        spec.template = new StreamingNodeTemplate();
        spec.template.spec = template();
        pool.setSpec(spec);
        return pool;
    }

    private static StreamingNodeSpec template() {
        StreamingNodeSpec spec = new StreamingNodeSpec();
        DiskSpec disk = new DiskSpec();
        disk.pciAddress = "0000:3b:00.0";
        spec.disks = List.of(disk);
        PortSpec port = new PortSpec();
        port.interfaceName = "eth1";
        port.addresses = List.of("192.0.2.10/24");
        spec.ports = List.of(port);
        ListenerSpec listener = new ListenerSpec();
        listener.port = 80;
        spec.listeners = List.of(listener);
        spec.drainTimeout = "0s";
        spec.agent = new AgentSpec();
        return spec;
    }

    /** Changes the pool as a person would, whatever the operator writes meanwhile. */
    void edit(String name, Consumer<StreamingNodePool> change) {
        client.resources(StreamingNodePool.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name)
                .edit(pool -> {
                    change.accept(pool);
                    return pool;
                });
    }

    void editMember(String name, Consumer<StreamingNode> change) {
        client.resources(StreamingNode.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name)
                .edit(node -> {
                    change.accept(node);
                    return node;
                });
    }

    StreamingNodePool get(String name) {
        return client.resources(StreamingNodePool.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name)
                .get();
    }

    StreamingNode member(String name) {
        return client.resources(StreamingNode.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name)
                .get();
    }

    List<StreamingNode> members() {
        return client.resources(StreamingNode.class)
                .inNamespace(TestCluster.NAMESPACE)
                .list()
                .getItems();
    }

    List<String> memberNames() {
        return members().stream()
                .map(node -> node.getMetadata().getName())
                .sorted()
                .toList();
    }

    /** Waits until the pool's status says {@code message} of its present generation. */
    StreamingNodePoolStatus await(String name, String message) {
        Eventually.nothingWrong(() -> {
            StreamingNodePool pool = get(name);
            StreamingNodePoolStatus status = pool.getStatus();
            boolean present = status != null
                    && pool.getMetadata().getGeneration().equals(status.observedGeneration)
                    && message.equals(status.message);
            return present ? null : name + ": " + (status == null ? "no status" : status.message);
        });
        return get(name).getStatus();
    }

    /** Waits until all members are ready with the template's spec, and no other is there. */
    StreamingNodePoolStatus awaitReady(String name, int replicas) {
        StreamingNodePoolStatus status = await(name, replicas + " of " + replicas + " ready");
        Eventually.nothingWrong(() -> {
            StreamingNodePoolStatus now = get(name).getStatus();
            boolean done = now.updatedReplicas == replicas && now.readyReplicas == replicas && now.replicas == replicas;
            return done ? null : "updated=" + now.updatedReplicas + " ready=" + now.readyReplicas;
        });
        return status;
    }

    @Override
    public void close() throws InterruptedException {
        cluster.faults(request -> null);
        stopOperators();
        nodes.close();
        cluster.close();
    }
}
