package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Renews the nodes' leases as kubelets do: a cluster with a node lifecycle controller takes a silent node for lost. */
final class Heartbeat implements AutoCloseable {
    static final String NAMESPACE = "kube-node-lease";
    private static final int LEASE_SECONDS = 40;
    private static final int RENEW_SECONDS = 10;

    private final KubernetesClient client;
    private final List<Machine> machines;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("heartbeat").factory());

    Heartbeat(KubernetesClient client, List<Machine> machines) {
        this.client = client;
        this.machines = machines;
        clock.scheduleWithFixedDelay(this::renew, 0, RENEW_SECONDS, TimeUnit.SECONDS);
    }

    private void renew() {
        for (Machine machine : machines) {
            try {
                renew(machine.name());
            } catch (KubernetesClientException e) {
                // The next beat comes well before a node is missed.
                System.out.println(Instant.now() + " lease of node=" + machine.name() + ": " + e.getMessage());
            }
        }
    }

    private void renew(String node) {
        var resource = client.leases().inNamespace(NAMESPACE).withName(node);
        Lease present = resource.get();
        Lease renewed = new LeaseBuilder()
                .withMetadata(
                        present != null
                                ? present.getMetadata()
                                : new ObjectMetaBuilder()
                                        .withName(node)
                                        .withNamespace(NAMESPACE)
                                        .build())
                .withNewSpec()
                .withHolderIdentity(node)
                .withLeaseDurationSeconds(LEASE_SECONDS)
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                .endSpec()
                .build();
        if (present == null) {
            client.resource(renewed).create();
        } else {
            client.resource(renewed).update();
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
