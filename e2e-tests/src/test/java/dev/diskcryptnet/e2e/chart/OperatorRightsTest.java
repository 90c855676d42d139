package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The operator itself, started with the environment that the chart gives it, takes a StreamingNode and a pool through their
 * lives; what it asked of the API server is what the chart grants.
 */
@Tag("cluster")
class OperatorRightsTest {
    private static final String USER_AGENT = "test-of-rights";
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(60);
    /** Checked by an admission plugin that a server in memory does not have: owner references that hold up deletion. */
    private static final Set<String> BY_ADMISSION = Set.of(
            "update diskcryptnet.dev/streamingnodes/finalizers in streaming",
            "update diskcryptnet.dev/streamingnodepools/finalizers in streaming");

    @TempDir
    Path scratch;

    @Test
    void shouldAskForNothingThatTheChartDoesNotGrantAndForAllThatItDoes() throws Exception {
        Chart.Release release = Chart.install("{}");
        try (var server = new RecordingApiServer(USER_AGENT);
                KubernetesClient client = client(server.url());
                var operator = new OperatorProcess(release, server.url(), scratch)) {
            try {
                liveThroughANode(client);
                liveThroughAPool(client);
            } catch (AssertionError e) {
                throw new AssertionError(e.getMessage() + "\n" + operator.log(), e);
            }
            operator.stop();
            Set<String> granted = new TreeSet<>(Rights.granted(release));
            granted.removeAll(BY_ADMISSION);
            assertEquals(granted, new TreeSet<>(server.needed()));
        }
    }

    @Test
    void shouldUnderstandWhatTheChartTellsItAndAnswerWhereTheChartAsks() throws Exception {
        Chart.Release release = Chart.install("""
                pollInterval: 3s
                statusInterval: 20s
                reconcileThreads: 2
                agent: {image: {repository: registry.example/agent, tag: 1.2.3}, seccomp: {profile: mine.json}}
                """, ApiServer.POD_MONITORS);
        try (var server = new RecordingApiServer(USER_AGENT);
                var operator = new OperatorProcess(release, server.url(), scratch)) {
            JsonNode container = release.only("Deployment").at("/spec/template/spec/containers/0");
            for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                String path = container.at("/" + probe + "/httpGet/path").asText();
                await(probe + " " + path, () -> operator.get(path).contains("\"UP\""));
            }
            String metrics = release.named("PodMonitor", "diskcryptnet-operator")
                    .at("/spec/podMetricsEndpoints/0/path")
                    .asText();
            assertTrue(operator.get(metrics).contains("# TYPE "), "no metrics at " + metrics);
            String log = operator.log();
            for (String setting : List.of(
                    "agentImage=registry.example/agent:1.2.3",
                    "watchNamespaces=[streaming]",
                    "leaderElection=true",
                    "leaseNamespace=streaming",
                    "agentSeccompProfile=mine.json",
                    "pollInterval=PT3S",
                    "figuresInterval=PT20S",
                    "reconcileThreads=2")) {
                assertTrue(log.contains(setting), setting + " is not in:\n" + log);
            }
        }
    }

    private static KubernetesClient client(String url) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url)
                .withNamespace(Chart.NAMESPACE)
                .withUserAgent(USER_AGENT)
                .withHttp2Disable(true)
                .build();
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientFactory(new JdkHttpClientFactory())
                .build();
    }

    private static MixedOperation<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            ours(KubernetesClient client, String kind) {
        return client.genericKubernetesResources(new ResourceDefinitionContext.Builder()
                .withGroup("diskcryptnet.dev")
                .withVersion("v1alpha1")
                .withKind(kind)
                .withPlural(kind.toLowerCase(Locale.ROOT) + "s")
                .withNamespaced(true)
                .build());
    }

    private static void createMachine(KubernetesClient client, String name) {
        client.resource(Serialization.unmarshal("""
                        apiVersion: v1
                        kind: Node
                        metadata:
                          name: %s
                          labels: {kubernetes.io/hostname: %s, example.com/streams: "yes"}
                        status:
                          conditions: [{type: Ready, status: "True"}]
                        """.formatted(name, name), Node.class))
                .create();
    }

    private static void create(KubernetesClient client, String kind, String yaml) {
        ours(client, kind)
                .resource(Serialization.unmarshal(yaml, GenericKubernetesResource.class))
                .create();
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadlineNs = System.nanoTime() + LIMIT_NS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("not within a minute: " + what);
            }
            Thread.sleep(50);
        }
    }

    private static void liveThroughANode(KubernetesClient client) throws InterruptedException {
        createMachine(client, "machine-1");
        create(client, "StreamingNode", """
                apiVersion: diskcryptnet.dev/v1alpha1
                kind: StreamingNode
                metadata: {name: edge, namespace: streaming}
                spec:
                  nodeName: machine-1
                """ + DEVICES.indent(2));
        var node = ours(client, "StreamingNode").withName("edge");
        var agent = client.resources(StatefulSet.class).withName("edge-agent");
        await("StatefulSet of the node", () -> agent.get() != null);
        await("status of the node", () -> node.get().get("status") != null);
        node.delete();
        endRelease(client, "edge", "Failed");
        endRelease(client, "edge", "Complete");
        await("end of the node", () -> node.get() == null);
    }

    /** Has the Job that gives devices back end, at a time long ago. A failed one is taken away and made again. */
    private static void endRelease(KubernetesClient client, String node, String how) throws InterruptedException {
        var job = client.resources(Job.class).withName(node + "-agent-release");
        await("release Job", () -> isRunning(job.get()));
        client.resource(new JobBuilder(job.get())
                        .withNewStatus()
                        .addNewCondition()
                        .withType(how)
                        .withStatus("True")
                        .withLastTransitionTime("2026-01-01T00:00:00Z")
                        .endCondition()
                        .endStatus()
                        .build())
                .updateStatus();
    }

    private static boolean isRunning(Job job) {
        return job != null
                && !job.isMarkedForDeletion()
                && (job.getStatus() == null || job.getStatus().getConditions().isEmpty());
    }

    private static void liveThroughAPool(KubernetesClient client) throws InterruptedException {
        createMachine(client, "machine-2");
        create(client, "StreamingNodePool", """
                apiVersion: diskcryptnet.dev/v1alpha1
                kind: StreamingNodePool
                metadata: {name: edges, namespace: streaming}
                spec:
                  replicas: 1
                  nodeSelector: {example.com/streams: "yes"}
                  template:
                    spec:
                """ + DEVICES.indent(6));
        var nodes = ours(client, "StreamingNode");
        var pool = ours(client, "StreamingNodePool").withName("edges");
        await("member of the pool", () -> !nodes.list().getItems().isEmpty());
        change(pool, "/spec/template/spec/drainTimeout", "\"7s\"");
        await("the member is changed", () -> nodes.list().getItems().stream()
                .allMatch(node -> "7s".equals(node.get("spec", "drainTimeout"))));
        // A member that lost its label is found by its name.
        String name = nodes.list().getItems().getFirst().getMetadata().getName();
        change(nodes.withName(name), "/metadata/labels", "{}");
        await(
                "the member is labelled again",
                () -> nodes.withName(name).get().getMetadata().getLabels().containsKey("diskcryptnet.dev/pool"));
        change(pool, "/spec/replicas", "0");
        await("the member is deleted", () -> nodes.list().getItems().stream()
                .allMatch(GenericKubernetesResource::isMarkedForDeletion));
    }

    /** Changes one field, whatever else has changed meanwhile; {@code value} is JSON. */
    private static void change(Resource<GenericKubernetesResource> resource, String path, String value) {
        String patch = """
                [{"op": "add", "path": "%s", "value": %s}]
                """.formatted(path, value);
        resource.patch(PatchContext.of(PatchType.JSON), patch);
    }

    private static final String DEVICES = """
            disks: [{path: /var/lib/video/demo.img}]
            ports: [{interfaceName: eth1, addresses: [192.0.2.10/24]}]
            listeners: [{port: 80}]
            """;
}
