package dev.diskcryptnet.operator;

import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.RegisteredController;
import java.util.TreeSet;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Health as the kubelet asks for it. */
final class Health {
    private Health() {}

    /** A process that can answer is alive; one that lost its lease ends by itself. */
    @Liveness
    static final class Alive implements HealthCheck {
        private final Leadership leadership;

        Alive(Leadership leadership) {
            this.leadership = leadership;
        }

        @Override
        public HealthCheckResponse call() {
            return HealthCheckResponse.named("process")
                    .withData("leading", leadership.isLeading())
                    .up()
                    .build();
        }
    }

    /** A replica that waits for the lease is ready to take over. One that leads is ready when it sees the cluster. */
    @Readiness
    static final class Ready implements HealthCheck {
        private final Leadership leadership;
        private final OperatorLifecycle lifecycle;
        private final Operator operator;

        Ready(Leadership leadership, OperatorLifecycle lifecycle, Operator operator) {
            this.leadership = leadership;
            this.lifecycle = lifecycle;
            this.operator = operator;
        }

        @Override
        public HealthCheckResponse call() {
            var response = HealthCheckResponse.named("controllers");
            if (!leadership.isLeading()) {
                return response.withData("waits", "for the lease").up().build();
            }
            if (!lifecycle.isStarted()) {
                return response.withData("waits", "for its first view of the cluster")
                        .down()
                        .build();
            }
            var blind = new TreeSet<String>();
            for (RegisteredController<?> controller : operator.getRegisteredControllers()) {
                controller.getControllerHealthInfo().unhealthyEventSources().keySet().stream()
                        .map(source -> controller.getConfiguration().getName() + ": " + source)
                        .forEach(blind::add);
            }
            blind.forEach(
                    source -> response.withData(source, "is not being watched; see the log for what the API refuses"));
            return response.status(blind.isEmpty()).build();
        }
    }
}
