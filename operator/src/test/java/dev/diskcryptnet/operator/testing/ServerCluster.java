package dev.diskcryptnet.operator.testing;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.ApiProfile;
import dev.diskcryptnet.operator.OperatorRuntime;
import dev.diskcryptnet.operator.OperatorSettings;
import dev.diskcryptnet.operator.controller.StreamingNodeReconciler;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.dependent.CountingApplier;
import dev.diskcryptnet.operator.dependent.WriteGuard;
import dev.diskcryptnet.operator.model.Names;
import dev.diskcryptnet.operator.reading.ResourceReading;
import dev.diskcryptnet.operator.status.ApiEventRecorder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * The API server of {@code KUBECONFIG}, which has no controllers: StatefulSets get their pods here. All is in a namespace
 * of its own and goes with it, but for the CRDs.
 */
public final class ServerCluster implements AutoCloseable {
    private static final int THREADS = 8;
    private static final String LABEL = "diskcryptnet.dev/test";

    private final String namespace = "dcn-many-" + Long.toString(System.nanoTime(), 36);
    private final KubernetesClient client = newClient();
    private final ExecutorService workers = Executors.newFixedThreadPool(THREADS);
    private final SharedIndexInformer<StatefulSet> sets;
    private final SharedIndexInformer<StreamingNode> nodes;

    /** Makes the namespace, and the CRDs unless they are there. */
    public ServerCluster() throws IOException {
        for (String kind : List.of("streamingnodes", "streamingnodepools")) {
            Path file = Path.of("..", "crds", kind + ".diskcryptnet.dev.yaml");
            HasMetadata definition = client.getKubernetesSerialization().unmarshal(Files.readString(file));
            client.resource(definition).forceConflicts().serverSideApply();
        }
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .withLabels(Map.of("pod-security.kubernetes.io/enforce", "privileged"))
                        .endMetadata()
                        .build())
                .create();
        Eventually.nothingWrong(this::unserved);
        sets = client.apps().statefulSets().inNamespace(namespace).inform(new Pods());
        nodes = client.resources(StreamingNode.class).inNamespace(namespace).inform();
    }

    private String unserved() {
        try {
            client.resources(StreamingNode.class).inNamespace(namespace).list();
            return null;
        } catch (KubernetesClientException e) {
            return e.getMessage();
        }
    }

    private static KubernetesClient newClient() {
        Config config = Config.fromKubeconfig(new File(System.getenv("KUBECONFIG")));
        config.setRequestTimeout((int) Duration.ofMinutes(1).toMillis());
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withKubernetesSerialization(ResourceReading.serialization())
                .build();
    }

    /** The test's own client. */
    public KubernetesClient client() {
        return client;
    }

    /** Where everything is. */
    public String namespace() {
        return namespace;
    }

    /** As they were a moment ago. */
    public List<StreamingNode> streamingNodes() {
        return nodes.getStore().list();
    }

    /** Makes machines, each with a StreamingNode node-0, node-1 and so on. */
    public void create(int count, int adminPort) throws InterruptedException {
        each(count, i -> {
            Node machine = new NodeBuilder()
                    .withNewMetadata()
                    .withName(namespace + "-" + i)
                    .withLabels(Map.of(LABEL, namespace))
                    .endMetadata()
                    .withNewSpec()
                    .endSpec()
                    .build();
            machine = client.resource(machine).create();
            machine.setStatus(new io.fabric8.kubernetes.api.model.NodeStatusBuilder()
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus("True")
                    .endCondition()
                    .build());
            client.resource(machine).updateStatus();
            StreamingNode node = Samples.node("node-" + i, namespace + "-" + i, adminPort);
            node.getMetadata().setNamespace(namespace);
            client.resource(node).create();
        });
    }

    private void each(int count, IntConsumer task) throws InterruptedException {
        var failure = new java.util.concurrent.atomic.AtomicReference<RuntimeException>();
        var done = new java.util.concurrent.CountDownLatch(count);
        IntStream.range(0, count)
                .forEach(i -> workers.execute(() -> {
                    try {
                        task.accept(i);
                    } catch (RuntimeException e) {
                        failure.set(e);
                    } finally {
                        done.countDown();
                    }
                }));
        done.await();
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    /** An operator at work, with server-side apply. */
    public final class Working implements AutoCloseable {
        private final KubernetesClient own = newClient();
        private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
        private final Operator operator;

        private Working(Duration poll, Duration figures) {
            var settings = new OperatorSettings(
                    "agent:test",
                    Set.of(namespace),
                    ApiProfile.SERVER,
                    false,
                    namespace,
                    "test",
                    null,
                    poll,
                    figures,
                    8);
            Applier applier = new CountingApplier(settings.profile().applier(own, WriteGuard.ALWAYS), registry);
            var events = new ApiEventRecorder(applier, Clock.systemUTC(), "test");
            operator = OperatorRuntime.create(
                    settings,
                    own,
                    MicrometerMetrics.withoutPerResourceMetrics(registry),
                    List.of(new StreamingNodeReconciler(settings, applier, events, registry)));
            operator.start();
        }

        /** How often it wrote so far. */
        public long writes() {
            return (long) registry.find("dcn.operator.api.writes").counters().stream()
                    .mapToDouble(Counter::count)
                    .sum();
        }

        @Override
        public void close() {
            operator.stop();
            own.close();
        }
    }

    /** Starts an operator. */
    public Working operator(Duration poll, Duration figures) {
        return new Working(poll, figures);
    }

    /** Gives every StatefulSet its pod, and another one when its template changes. */
    private final class Pods implements ResourceEventHandler<StatefulSet> {
        @Override
        public void onAdd(StatefulSet set) {
            workers.execute(() -> make(set));
        }

        @Override
        public void onUpdate(StatefulSet before, StatefulSet set) {
            if (!Objects.equals(hash(before), hash(set))) {
                workers.execute(() -> {
                    client.pods()
                            .inNamespace(namespace)
                            .withName(name(set))
                            .withGracePeriod(0)
                            .delete();
                    make(set);
                });
            }
        }

        @Override
        public void onDelete(StatefulSet set, boolean unknown) {
            // Nothing is deleted before all is.
        }

        private static String hash(StatefulSet set) {
            return set.getSpec().getTemplate().getMetadata().getAnnotations().get(Names.CONFIG_HASH);
        }

        private static String name(StatefulSet set) {
            return set.getMetadata().getName() + "-0";
        }

        private void make(StatefulSet set) {
            Pod pod = client.resource(new PodBuilder()
                            .withMetadata(set.getSpec().getTemplate().getMetadata())
                            .editMetadata()
                            .withNamespace(namespace)
                            .withName(name(set))
                            .withOwnerReferences(new OwnerReferenceBuilder()
                                    .withApiVersion("apps/v1")
                                    .withKind("StatefulSet")
                                    .withName(set.getMetadata().getName())
                                    .withUid(set.getMetadata().getUid())
                                    .build())
                            .endMetadata()
                            .withSpec(set.getSpec().getTemplate().getSpec())
                            .build())
                    .create();
            pod.setStatus(new PodStatusBuilder(pod.getStatus())
                    .withPhase("Running")
                    .withPodIP("127.0.0.1")
                    .withPodIPs(new io.fabric8.kubernetes.api.model.PodIP("127.0.0.1"))
                    .addNewContainerStatus()
                    .withName("agent")
                    .withImage("agent:test")
                    .withImageID("")
                    .withStarted(true)
                    .withReady(true)
                    .withRestartCount(0)
                    .withNewState()
                    .withNewRunning()
                    .endRunning()
                    .endState()
                    .endContainerStatus()
                    .build());
            client.resource(pod).updateStatus();
        }
    }

    @Override
    public void close() throws Exception {
        sets.close();
        List<StreamingNode> left = streamingNodes();
        nodes.close();
        each(left.size(), i -> client.resource(left.get(i))
                .patch(
                        io.fabric8.kubernetes.client.dsl.base.PatchContext.of(
                                io.fabric8.kubernetes.client.dsl.base.PatchType.JSON_MERGE),
                        "{\"metadata\": {\"finalizers\": null}}"));
        for (String plural : List.of("statefulsets", "pods", "configmaps", "services", "serviceaccounts", "secrets")) {
            String prefix = plural.equals("statefulsets") ? "/apis/apps/v1" : "/api/v1";
            client.raw(prefix + "/namespaces/" + namespace + "/" + plural, "DELETE", Map.of("gracePeriodSeconds", 0));
        }
        client.resources(StreamingNode.class).inNamespace(namespace).delete();
        client.nodes().withLabel(LABEL, namespace).delete();
        client.namespaces().withName(namespace).delete();
        workers.shutdown();
        workers.awaitTermination(1, TimeUnit.MINUTES);
        client.close();
    }
}
