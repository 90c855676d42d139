package dev.diskcryptnet.operator;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.operator.testing.Eventually;
import dev.diskcryptnet.operator.testing.RunningOperator;
import dev.diskcryptnet.operator.testing.TestCluster;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeadershipTest {
    private final TestCluster cluster = new TestCluster();
    private final Replica one = new Replica("one");
    private final Replica two = new Replica("two");

    @AfterEach
    void stop() {
        one.leadership.close();
        two.leadership.close();
        one.client.close();
        two.client.close();
        cluster.close();
    }

    @Test
    void shouldLetOneOfTwoWorkAndTheOtherTakeOver() {
        one.start();
        Eventually.nothingWrong(() -> one.started.get() ? null : "nobody leads");
        two.start();
        Eventually.pause(1500);
        assertTrue(one.leadership.isLeading());
        assertFalse(two.leadership.isLeading());
        assertThrows(IllegalStateException.class, two.leadership::check);
        one.leadership.close();
        assertThrows(IllegalStateException.class, one.leadership::check);
        Eventually.nothingWrong(() -> two.started.get() ? null : "the other one does not take over");
        assertTrue(two.leadership.isLeading());
        assertFalse(one.lost.get(), "a lease that was given back was not lost");
    }

    private void giveTheLeaseAway() {
        cluster.client()
                .resources(Lease.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName(Leadership.LEASE_NAME)
                .edit(lease -> {
                    lease.getSpec().setHolderIdentity("somebody else");
                    lease.getSpec()
                            .setRenewTime(ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(5));
                    return lease;
                });
    }

    @Test
    void shouldWriteNoMoreWhenTheLeaseWentToAnother() {
        one.start();
        Eventually.nothingWrong(() -> one.started.get() ? null : "nobody leads");
        Eventually.nothingWrong(() -> {
            try {
                giveTheLeaseAway();
                return null;
            } catch (KubernetesClientException e) {
                // It was renewed in this moment.
                return e.getMessage();
            }
        });
        Eventually.nothingWrong(() -> one.lost.get() ? null : "it did not notice");
        assertThrows(IllegalStateException.class, one.leadership::check);
    }

    /** One process that competes. */
    private final class Replica {
        private final String name;
        private final KubernetesClient client = cluster.newClient();
        private final Leadership leadership = Leadership.byLease();
        private final AtomicBoolean started = new AtomicBoolean();
        private final AtomicBoolean lost = new AtomicBoolean();

        Replica(String name) {
            this.name = name;
        }

        void start() {
            OperatorSettings base = RunningOperator.settings(Duration.ofSeconds(1), Duration.ofSeconds(1));
            var settings = new OperatorSettings(
                    base.agentImage(),
                    base.watchNamespaces(),
                    base.profile(),
                    true,
                    base.leaseNamespace(),
                    name,
                    null,
                    base.pollInterval(),
                    base.figuresInterval(),
                    1);
            leadership.start(client, settings, () -> started.set(true), () -> lost.set(true));
        }
    }
}
