package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentStatus.Condition;
import dev.diskcryptnet.admin.AgentStatus.Health;
import dev.diskcryptnet.admin.AgentStatus.Health.State;
import dev.diskcryptnet.agent.DeviceWatch.Drift;
import dev.diskcryptnet.crds.ConditionType;
import dev.diskcryptnet.crds.Reason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The conditions that an agent says of itself, with the operator's reasons. One thread at a time. */
final class NodeConditions {
    private final Map<ConditionType, Condition> last = new EnumMap<>(ConditionType.class);

    /** Whether and why requests are, or are not, welcome. */
    record Serving(boolean holds, Reason reason, String message) {}

    /**
     * The conditions of now.
     *
     * @param devices of all disks and ports
     * @param drifts of what was set on the machine
     * @param volumeWarnings sentences
     * @param certificateWarnings sentences
     */
    List<Condition> of(
            Serving serving,
            List<Health> devices,
            List<Drift> drifts,
            List<String> volumeWarnings,
            List<String> certificateWarnings) {
        return List.of(
                prepared(devices, drifts),
                condition(ConditionType.Serving, serving.holds(), serving.reason(), serving.message()),
                degraded(devices, drifts, volumeWarnings, certificateWarnings));
    }

    private Condition prepared(List<Health> devices, List<Drift> drifts) {
        List<String> missing = messages(devices.stream().filter(health -> health.state() == State.Missing));
        if (missing.isEmpty() && drifts.isEmpty()) {
            return condition(ConditionType.DevicesPrepared, true, Reason.DevicesReady, "all disks and ports are open");
        }
        boolean gone = !missing.isEmpty() || drifts.stream().anyMatch(Drift::gone);
        String message = Stream.concat(missing.stream(), drifts.stream().map(Drift::message))
                .collect(Collectors.joining("; "));
        return condition(
                ConditionType.DevicesPrepared, false, gone ? Reason.DeviceMissing : Reason.DeviceChanged, message);
    }

    private Condition degraded(
            List<Health> devices, List<Drift> drifts, List<String> volumeWarnings, List<String> certificateWarnings) {
        List<String> deviceTroubles = messages(devices.stream().filter(health -> health.state() != State.Good));
        List<String> changed = drifts.stream().map(Drift::message).toList();
        List<String> all = Stream.of(deviceTroubles, changed, volumeWarnings, certificateWarnings)
                .flatMap(List::stream)
                .toList();
        if (all.isEmpty()) {
            return condition(ConditionType.Degraded, false, Reason.NothingDegraded, "nothing is wrong");
        }
        Reason reason;
        if (devices.stream().anyMatch(health -> health.state() == State.Missing)
                || drifts.stream().anyMatch(Drift::gone)) {
            reason = Reason.DeviceMissing;
        } else if (!deviceTroubles.isEmpty() || !volumeWarnings.isEmpty()) {
            reason = Reason.DeviceFailed;
        } else {
            reason = drifts.isEmpty() ? Reason.SecretInvalid : Reason.DeviceChanged;
        }
        return condition(ConditionType.Degraded, true, reason, String.join("; ", all));
    }

    private static List<String> messages(Stream<Health> devices) {
        return devices.map(Health::message).toList();
    }

    /** The time of transition stays for as long as the status does. */
    private Condition condition(ConditionType type, boolean holds, Reason reason, String message) {
        String status = holds ? "True" : "False";
        Condition before = last.get(type);
        String since = before != null && before.status().equals(status)
                ? before.lastTransitionTime()
                : Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        var condition = new Condition(type.name(), status, reason.name(), message, since);
        last.put(type, condition);
        return condition;
    }
}
