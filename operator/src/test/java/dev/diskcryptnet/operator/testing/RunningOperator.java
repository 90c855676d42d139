package dev.diskcryptnet.operator.testing;

import dev.diskcryptnet.operator.ApiProfile;
import dev.diskcryptnet.operator.OperatorRuntime;
import dev.diskcryptnet.operator.OperatorSettings;
import dev.diskcryptnet.operator.controller.StreamingNodeReconciler;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.dependent.CountingApplier;
import dev.diskcryptnet.operator.dependent.WriteGuard;
import dev.diskcryptnet.operator.status.ApiEventRecorder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** The operator as the application puts it together, without the application around it. */
public final class RunningOperator implements AutoCloseable {
    private final KubernetesClient client;
    private final Operator operator;
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    /** Starts on {@code cluster}. */
    public RunningOperator(TestCluster cluster) {
        this(cluster, Duration.ofMillis(100), Duration.ofSeconds(1));
    }

    /** Starts with intervals of one's own. */
    public RunningOperator(TestCluster cluster, Duration pollInterval, Duration figuresInterval) {
        client = cluster.newClient();
        OperatorSettings settings = settings(pollInterval, figuresInterval);
        Applier applier = new CountingApplier(ApiProfile.IN_MEMORY.applier(client, WriteGuard.ALWAYS), registry);
        var events = new ApiEventRecorder(applier, Clock.systemUTC(), "test");
        operator = OperatorRuntime.create(
                settings,
                client,
                MicrometerMetrics.withoutPerResourceMetrics(registry),
                List.of(new StreamingNodeReconciler(settings, applier, events, registry)));
        operator.start();
    }

    /** Settings for the server in memory. */
    public static OperatorSettings settings(Duration pollInterval, Duration figuresInterval) {
        return new OperatorSettings(
                "agent:test",
                Set.of(TestCluster.NAMESPACE),
                ApiProfile.IN_MEMORY,
                false,
                TestCluster.NAMESPACE,
                "test",
                null,
                pollInterval,
                figuresInterval,
                4);
    }

    /** What the operator counts. */
    public SimpleMeterRegistry registry() {
        return registry;
    }

    @Override
    public void close() {
        operator.stop();
        client.close();
    }
}
