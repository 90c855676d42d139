package dev.diskcryptnet.operator;

import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.dependent.CountingApplier;
import dev.diskcryptnet.operator.status.ApiEventRecorder;
import dev.diskcryptnet.operator.status.EventRecorder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetrics;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the beans are made of: everything that the environment decides is decided here, at run time. */
@Singleton
final class Wiring {
    private static final double[] BUCKETS_NS = {1e6, 1e7, 1e8, 1e9, 1e10};
    private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);

    @Produces
    @Singleton
    OperatorSettings settings() {
        OperatorSettings settings = OperatorSettings.from(System.getenv());
        LOG.info("{}", settings);
        return settings;
    }

    @Produces
    @Singleton
    Leadership leadership(OperatorSettings settings) {
        return settings.leaderElection() ? Leadership.byLease() : Leadership.alone();
    }

    @Produces
    @Singleton
    Applier applier(OperatorSettings settings, KubernetesClient client, Leadership leadership, MeterRegistry registry) {
        return new CountingApplier(settings.profile().applier(client, leadership), registry);
    }

    @Produces
    @Singleton
    EventRecorder events(OperatorSettings settings, Applier applier) {
        return new ApiEventRecorder(applier, Clock.systemUTC(), settings.identity());
    }

    /** The SDK's timers come with a hundred buckets each; a few answer what one asks of a reconciliation. */
    @Produces
    @Singleton
    MeterFilter fewBuckets() {
        return new MeterFilter() {
            @Override
            public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
                return id.getName().startsWith("operator.sdk.")
                        ? DistributionStatisticConfig.builder()
                                .percentilesHistogram(false)
                                .percentiles()
                                .serviceLevelObjectives(BUCKETS_NS)
                                .build()
                                .merge(config)
                        : config;
            }
        };
    }

    /** Retries never end, so their number must not be a label. */
    @Produces
    @Singleton
    MeterFilter noRetryNumbers() {
        return MeterFilter.ignoreTags("reconciliations.retries.number", "reconciliations.retries.last");
    }

    @Produces
    @Singleton
    Operator operator(
            OperatorSettings settings,
            KubernetesClient client,
            MeterRegistry registry,
            Instance<Reconciler<? extends HasMetadata>> reconcilers) {
        List<Reconciler<?>> all = new ArrayList<>();
        reconcilers.forEach(all::add);
        // Not by resource: 500 nodes would be thousands of series.
        return OperatorRuntime.create(settings, client, MicrometerMetrics.withoutPerResourceMetrics(registry), all);
    }
}
