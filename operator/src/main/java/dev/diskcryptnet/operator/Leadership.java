package dev.diskcryptnet.operator;

import dev.diskcryptnet.operator.dependent.WriteGuard;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this replica is the one that works. With a lease, it writes only while the lease is its own and was renewed
 * less than {@link #LEASE} ago, so that a process that slept through its lease does no harm when it wakes.
 *
 * <p>The operator SDK's own election is not used: in 5.2.1 its shutdown hook waits for itself when it leads.
 */
public final class Leadership implements WriteGuard, AutoCloseable {
    /** Name of the lease. */
    public static final String LEASE_NAME = "diskcryptnet-operator";

    /** After this long without a renewal another replica may lead. */
    static final Duration LEASE = Duration.ofSeconds(15);

    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

    private final boolean elected;
    private final ExecutorService executor;
    private volatile boolean leading;
    private volatile boolean closing;
    private volatile long renewedNs;
    private CompletableFuture<?> election;

    private Leadership(boolean elected) {
        this.elected = elected;
        this.executor = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().name("leader-election-", 0).daemon().factory());
    }

    /** For an operator that runs alone. */
    public static Leadership alone() {
        return new Leadership(false);
    }

    /** For one of several replicas. */
    public static Leadership byLease() {
        return new Leadership(true);
    }

    /**
     * Starts to compete, or leads at once when it runs alone.
     *
     * @param onLeading called once, on a thread of its own, when this replica leads
     * @param onLost called when the lease went to another replica or could not be renewed; the process must end then
     */
    public void start(KubernetesClient client, OperatorSettings settings, Runnable onLeading, Runnable onLost) {
        if (!elected) {
            leading = true;
            executor.execute(onLeading);
            return;
        }
        String namespace = Objects.requireNonNullElseGet(
                settings.leaseNamespace(), () -> Objects.requireNonNullElse(client.getNamespace(), "default"));
        var callbacks = new LeaderCallbacks(
                () -> {
                    leading = true;
                    executor.execute(onLeading);
                },
                () -> lost(onLost),
                leader -> LOG.info("lease={}/{} is held by {}", namespace, LEASE_NAME, leader));
        var config = new LeaderElectionConfigBuilder()
                .withName(LEASE_NAME)
                .withLock(new WatchedLease(namespace, settings.identity()))
                .withLeaseDuration(LEASE)
                .withRenewDeadline(RENEW_DEADLINE)
                .withRetryPeriod(RETRY)
                .withReleaseOnCancel(true)
                .withLeaderCallbacks(callbacks)
                .build();
        LOG.info("waiting for lease={}/{} as {}", namespace, LEASE_NAME, settings.identity());
        election = new LeaderElector(client, config, executor).start();
    }

    private void lost(Runnable onLost) {
        boolean was = leading;
        leading = false;
        if (was && !closing) {
            LOG.error("the lease was lost; this process ends and competes again when it is started again");
            onLost.run();
        }
    }

    /** Whether this replica works. */
    public boolean isLeading() {
        return leading && (!elected || System.nanoTime() - renewedNs < LEASE.toNanos());
    }

    @Override
    public void check() {
        if (!isLeading()) {
            throw new IllegalStateException("lease=" + LEASE_NAME + " is not ours: nothing is written");
        }
    }

    /** Gives the lease back, so that another replica need not wait for its end. */
    @Override
    public void close() {
        closing = true;
        leading = false;
        if (election != null) {
            election.cancel(true);
        }
        executor.shutdown();
    }

    /** Notes when the server last confirmed the lease; the time is taken before the request, which is the safe side. */
    private final class WatchedLease extends LeaseLock {
        WatchedLease(String namespace, String identity) {
            super(namespace, LEASE_NAME, identity);
        }

        @Override
        public synchronized void create(KubernetesClient client, LeaderElectionRecord record) {
            long nowNs = System.nanoTime();
            super.create(client, record);
            renewedNs = nowNs;
        }

        @Override
        public synchronized void update(KubernetesClient client, LeaderElectionRecord record) {
            long nowNs = System.nanoTime();
            super.update(client, record);
            renewedNs = nowNs;
        }
    }
}
