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
 * The operator itself, started with the environment that the chart gives it, takes a StreamingNode through its life; what it asked of the API server is what the chart grants.
 */
@Tag("cluster")
class OperatorRightsTest {
    private static final String USER_AGENT = "test-of-rights";
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(60);
    /** Checked by an admission plugin that a server in memory does not have: owner references that hold up deletion. */
    private static final Set<String> BY_ADMISSION = Set.of(
            "update diskcryptnet.dev/streamingnodes/finalizers in streaming",
            "update diskcryptnet.dev/streamingnodepools/finalizers in streaming");
    /** What only a pool asks for. */
    private static final Set<String> OF_POOLS = Set.of(
            "get diskcryptnet.dev/streamingnodepools in streaming",
            "list diskcryptnet.dev/streamingnodepools in streaming",
            "watch diskcryptnet.dev/streamingnodepools in streaming",
            "update diskcryptnet.dev/streamingnodepools/status in streaming",
            "get diskcryptnet.dev/streamingnodes in streaming",
            "create diskcryptnet.dev/streamingnodes in streaming",
            "update diskcryptnet.dev/streamingnodes in streaming",
            "delete diskcryptnet.dev/streamingnodes in streaming");

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
            } catch (AssertionError e) {
                throw new AssertionError(e.getMessage() + "\n" + operator.log(), e);
            }
            operator.stop();
            Set<String> granted = new TreeSet<>(Rights.granted(release));
            granted.removeAll(BY_ADMISSION);
            granted.removeAll(OF_POOLS);
            Set<String> needed = new TreeSet<>(server.needed());
            needed.removeAll(OF_POOLS);
            assertEquals(granted, needed);
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
        await(
                "release Job",
                () -> job.get() != null && job.get().getStatus() == null
                        || job.get() != null
                                && job.get().getStatus().getConditions().isEmpty());
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

    private static final String DEVICES = """
            disks: [{path: /var/lib/video/demo.img}]
            ports: [{interfaceName: eth1, addresses: [192.0.2.10/24]}]
            listeners: [{port: 80}]
            """;
}
