package dev.diskcryptnet.operator.testing;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.operator.model.Names;
import dev.diskcryptnet.operator.reading.ResourceReading;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobConditionBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * fabric8's API server in memory, and the controllers that the operator relies on, played one step at a time. Every write
 * is written down, and any request can be made to fail.
 */
public final class TestCluster implements AutoCloseable {
    /** Namespace of everything. */
    public static final String NAMESPACE = "streaming";

    private static final String OPERATOR = "operator";
    /** What fabric8's client has by default. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration FOR_EVER = Duration.ofMinutes(10);
    private static final Logger SERVER_LOG = Logger.getLogger(MockWebServer.class.getName());

    static {
        SERVER_LOG.setLevel(Level.WARNING);
    }

    private final MockWebServer server = new MockWebServer();
    private final List<String> writes = new CopyOnWriteArrayList<>();
    private final KubernetesClient client;
    private volatile Function<RecordedRequest, MockResponse> fault = request -> null;
    private volatile Predicate<RecordedRequest> hang = request -> false;
    private volatile boolean hangsAfterwards;
    private volatile boolean jobsSucceed = true;

    /** Starts an empty cluster. */
    public TestCluster() {
        List<CustomResourceDefinitionContext> resources = List.of(
                CustomResourceDefinitionContext.fromCustomResourceType(StreamingNode.class),
                CustomResourceDefinitionContext.fromCustomResourceType(StreamingNodePool.class));
        server.setDispatcher(new RecordingDispatcher(resources));
        server.start(loopback(), 0);
        var forgetting = new Thread(this::forget, "forget-requests");
        forgetting.setDaemon(true);
        forgetting.start();
        client = newClient("test", REQUEST_TIMEOUT);
    }

    /** The test's own client. */
    public KubernetesClient client() {
        return client;
    }

    /** Another client, for an operator. */
    public KubernetesClient newClient() {
        return newClient(OPERATOR, REQUEST_TIMEOUT);
    }

    /** The same, of less patience. */
    public KubernetesClient newClient(Duration requestTimeout) {
        return newClient(OPERATOR, requestTimeout);
    }

    private KubernetesClient newClient(String userAgent, Duration requestTimeout) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url())
                .withNamespace(NAMESPACE)
                .withUserAgent(userAgent)
                .withRequestRetryBackoffLimit(0)
                .withRequestTimeout((int) requestTimeout.toMillis())
                .build();
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withKubernetesSerialization(ResourceReading.serialization())
                .build();
    }

    /** Where it listens. */
    public String url() {
        return "http://127.0.0.1:" + server.getPort();
    }

    /** Writes of operators so far, each {@code METHOD path}; the test's own do not count. */
    public List<String> writes() {
        return List.copyOf(writes);
    }

    /** Forgets the writes so far. */
    public void clearWrites() {
        writes.clear();
    }

    /** Answers operators with what {@code newFault} returns, unless that is null. */
    public void faults(Function<RecordedRequest, MockResponse> newFault) {
        fault = newFault;
    }

    /**
     * Leaves requests of operators without an answer.
     *
     * @param which requests; those of before are not answered any more either
     * @param afterwards whether they are done nevertheless
     */
    public void hangs(Predicate<RecordedRequest> which, boolean afterwards) {
        hangsAfterwards = afterwards;
        hang = which;
    }

    /** How Jobs end from now on. */
    public void jobsSucceed(boolean succeed) {
        jobsSucceed = succeed;
    }

    /** Adds or changes a machine. */
    public void machine(String name, boolean ready) {
        var node = new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .endCondition()
                .endStatus()
                .build();
        if (client.nodes().withName(name).get() == null) {
            client.resource(node).create();
        } else {
            client.resource(node).patch();
        }
    }

    /** Every controller acts once: StatefulSets have their pod, Jobs begin, then end, and what lost its owner goes. */
    public void step() {
        List<StatefulSet> sets =
                client.apps().statefulSets().inNamespace(NAMESPACE).list().getItems();
        Map<String, Pod> pods = client.pods().inNamespace(NAMESPACE).list().getItems().stream()
                .collect(Collectors.toMap(pod -> pod.getMetadata().getName(), Function.identity()));
        for (StatefulSet set : sets) {
            Pod pod = pods.get(set.getMetadata().getName() + "-0");
            if (pod == null) {
                createPod(set);
            } else if (!Objects.equals(
                    hash(set), pod.getMetadata().getAnnotations().get(Names.CONFIG_HASH))) {
                client.resource(pod).delete();
                createPod(set);
            }
        }
        for (Job job : client.batch().v1().jobs().inNamespace(NAMESPACE).list().getItems()) {
            if (job.getStatus() == null || job.getStatus().getActive() == null) {
                job.setStatus(new JobStatusBuilder().withActive(1).build());
                client.resource(job).patchStatus();
            } else if (job.getStatus().getConditions().isEmpty()) {
                end(job);
            }
        }
        Set<String> owners =
                sets.stream().map(set -> set.getMetadata().getUid()).collect(Collectors.toSet());
        pods.values().stream()
                .filter(pod -> !owners.contains(
                        pod.getMetadata().getOwnerReferences().getFirst().getUid()))
                .forEach(pod -> client.resource(pod).delete());
    }

    private static String hash(StatefulSet set) {
        return set.getSpec().getTemplate().getMetadata().getAnnotations().get(Names.CONFIG_HASH);
    }

    private void createPod(StatefulSet set) {
        Pod pod = new PodBuilder()
                .withMetadata(set.getSpec().getTemplate().getMetadata())
                .editMetadata()
                .withNamespace(NAMESPACE)
                .withName(set.getMetadata().getName() + "-0")
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("apps/v1")
                        .withKind("StatefulSet")
                        .withName(set.getMetadata().getName())
                        .withUid(set.getMetadata().getUid())
                        .build())
                .endMetadata()
                .withSpec(set.getSpec().getTemplate().getSpec())
                .withStatus(new PodStatusBuilder()
                        .withPhase("Running")
                        .withPodIP("127.0.0.1")
                        .addNewContainerStatus()
                        .withName("agent")
                        .withStarted(true)
                        .withReady(true)
                        .withNewState()
                        .withNewRunning()
                        .endRunning()
                        .endState()
                        .endContainerStatus()
                        .build())
                .build();
        client.resource(pod).create();
    }

    private void end(Job job) {
        job.setStatus(new JobStatusBuilder()
                .withActive(0)
                .withConditions(new JobConditionBuilder()
                        .withType(jobsSucceed ? "Complete" : "Failed")
                        .withStatus("True")
                        .withLastTransitionTime(
                                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                        .build())
                .build());
        client.resource(job).patchStatus();
    }

    /** What belongs to a StreamingNode that is there no more. */
    public List<HasMetadata> orphans() {
        var nodes = client.resources(StreamingNode.class).inNamespace(NAMESPACE).list().getItems().stream()
                .map(node -> node.getMetadata().getUid())
                .toList();
        return Stream.of(
                        client.apps()
                                .statefulSets()
                                .inNamespace(NAMESPACE)
                                .list()
                                .getItems(),
                        client.pods().inNamespace(NAMESPACE).list().getItems())
                .flatMap(List::stream)
                .map(HasMetadata.class::cast)
                .filter(object -> object.getMetadata().getOwnerReferences().stream()
                        .noneMatch(owner -> nodes.contains(owner.getUid())
                                || owner.getKind().equals("StatefulSet")))
                .toList();
    }

    private static InetAddress loopback() {
        try {
            return InetAddress.getByAddress("127.0.0.1", new byte[] {127, 0, 0, 1});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The server keeps all requests for tests to look at; here 500 nodes' worth of them would fill the heap. */
    private void forget() {
        try {
            while (true) {
                server.takeRequest();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        client.close();
        server.shutdown();
    }

    private final class RecordingDispatcher extends KubernetesCrudDispatcher {
        RecordingDispatcher(List<CustomResourceDefinitionContext> resources) {
            super(resources);
        }

        @Override
        public MockResponse dispatch(RecordedRequest request) {
            boolean ofOperator = OPERATOR.equals(request.getHeader("User-Agent"));
            MockResponse failure = ofOperator ? fault.apply(request) : null;
            if (failure != null) {
                return failure;
            }
            boolean hanging = ofOperator && hang.test(request);
            if (hanging && !hangsAfterwards) {
                return new MockResponse().setBody("{}").setBodyDelay(FOR_EVER);
            }
            if (ofOperator && request.method() != HttpMethod.GET) {
                writes.add(request.method() + " " + request.getPath());
            }
            MockResponse answer = super.dispatch(request);
            return hanging ? answer.setBodyDelay(FOR_EVER) : answer;
        }
    }
}
