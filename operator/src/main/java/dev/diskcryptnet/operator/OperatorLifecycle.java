package dev.diskcryptnet.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the controllers once this replica leads, and ends the process when it leads no more: nothing that was begun as
 * the leader may go on. Kubernetes starts the container again, and it competes anew.
 */
@Singleton
final class OperatorLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(OperatorLifecycle.class);
    /** Less than is left of the lease when a renewal is given up. */
    private static final long LAST_MOMENTS_MS = 4_000;
    /** More than it takes to stop and to give the lease back, while the API server answers. */
    private static final long STOP_LIMIT_MS = 5_000;

    private static final int LOST = 1;
    /** As of a process that SIGTERM ended. */
    private static final int TERMINATED = 128 + 15;

    private final OperatorSettings settings;
    private final KubernetesClient client;
    private final Leadership leadership;
    private final Operator operator;
    private volatile boolean started;

    OperatorLifecycle(OperatorSettings settings, KubernetesClient client, Leadership leadership, Operator operator) {
        this.settings = settings;
        this.client = client;
        this.leadership = leadership;
        this.operator = operator;
    }

    void onStart(@Observes StartupEvent event) {
        leadership.start(client, settings, this::startControllers, this::end);
    }

    /**
     * Every request that is under way is waited for, as long as it may take: with an API server that does not answer,
     * the end would be a matter of timeouts. What is begun there is as safe to break off as by a kill.
     */
    void onStop(@Observes ShutdownEvent event) {
        endWithin(STOP_LIMIT_MS, TERMINATED);
        operator.stop();
        leadership.close();
    }

    /** Whether the controllers run. */
    boolean isStarted() {
        return started;
    }

    private void startControllers() {
        try {
            operator.start();
            started = true;
            LOG.info(
                    "started; api={} profile={}",
                    client.getMasterUrl(),
                    settings.profile().profileName());
        } catch (RuntimeException e) {
            LOG.error(
                    "the controllers do not start; api={}: see that it answers, that the CRDs of diskcryptnet.dev are "
                            + "installed, and that this service account may list and watch what it reconciles",
                    client.getMasterUrl(),
                    e);
            end();
        }
    }

    private void end() {
        endWithin(LAST_MOMENTS_MS, LOST);
        Quarkus.asyncExit(LOST);
    }

    private void endWithin(long limitMs, int exitCode) {
        Thread.ofPlatform().daemon().name("last-moments").start(() -> {
            try {
                Thread.sleep(limitMs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            LOG.warn("api={} does not answer: this process ends without it", client.getMasterUrl());
            Runtime.getRuntime().halt(exitCode);
        });
    }
}
