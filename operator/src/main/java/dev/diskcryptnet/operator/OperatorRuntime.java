package dev.diskcryptnet.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.time.Duration;
import java.util.List;

/** Puts the operator SDK together at run time, the same way in the application and in tests. */
public final class OperatorRuntime {
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration CACHE_SYNC_TIMEOUT = Duration.ofMinutes(2);
    /** A safety net: whatever event was missed, each resource is looked at this often. It writes nothing when all is well. */
    private static final Duration RESYNC = Duration.ofMinutes(10);

    private static final long FIRST_RETRY_MS = 200;
    private static final double RETRY_FACTOR = 1.6;
    private static final long LONGEST_RETRY_MS = 30_000;
    private static final int FOR_EVER = -1;

    private OperatorRuntime() {}

    /** An operator that runs {@code reconcilers} once it is started. It does not close {@code client}. */
    public static Operator create(
            OperatorSettings settings, KubernetesClient client, Metrics metrics, List<Reconciler<?>> reconcilers) {
        var operator = new Operator(overrider -> overrider
                .withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .withMetrics(metrics)
                .withConcurrentReconciliationThreads(settings.reconcileThreads())
                .withReconciliationTerminationTimeout(STOP_TIMEOUT)
                .withCacheSyncTimeout(CACHE_SYNC_TIMEOUT)
                // Lets a cache tell whether an event is older than our own last write.
                .withParseResourceVersions(true)
                .withUseSSAToPatchPrimaryResource(false));
        reconcilers.forEach(reconciler -> register(operator, reconciler, settings));
        return operator;
    }

    private static <P extends HasMetadata> void register(
            Operator operator, Reconciler<P> reconciler, OperatorSettings settings) {
        operator.register(reconciler, (ControllerConfigurationOverrider<P> overrider) -> {
            overrider.withRetry(retry()).withReconciliationMaxInterval(RESYNC);
            if (settings.watchNamespaces().isEmpty()) {
                overrider.watchingAllNamespaces();
            } else {
                overrider.settingNamespaces(settings.watchNamespaces());
            }
        });
    }

    /** No resource is ever given up: an API server may be away for hours. */
    private static GenericRetry retry() {
        return new GenericRetry()
                .setInitialInterval(FIRST_RETRY_MS)
                .setIntervalMultiplier(RETRY_FACTOR)
                .setMaxInterval(LONGEST_RETRY_MS)
                .setMaxAttempts(FOR_EVER);
    }
}
