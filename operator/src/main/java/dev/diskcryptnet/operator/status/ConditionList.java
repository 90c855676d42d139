package dev.diskcryptnet.operator.status;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.StreamingNodeStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Conditions as they follow those before: the time of transition stays for as long as the status does. */
final class ConditionList {
    /** Messages of agents and kubelets may be long; the API takes 32768 characters, a person fewer. */
    private static final int LONGEST_MESSAGE = 1000;

    private final StreamingNodeStatus before;
    private final Long generation;
    private final String now;
    private final List<ConditionStatus> list = new ArrayList<>();

    ConditionList(StreamingNodeStatus before, Long generation, Instant now) {
        this.before = before;
        this.generation = generation;
        this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** @param wanted its time and generation do not count */
    void add(ConditionStatus wanted) {
        var condition = new ConditionStatus();
        condition.type = wanted.type;
        condition.status = wanted.status;
        condition.reason = wanted.reason;
        condition.message = shortened(wanted.message);
        condition.observedGeneration = generation;
        condition.lastTransitionTime = find(before, wanted.type)
                .filter(earlier -> wanted.status.equals(earlier.status) && earlier.lastTransitionTime != null)
                .map(earlier -> earlier.lastTransitionTime)
                .orElse(now);
        list.add(condition);
    }

    List<ConditionStatus> list() {
        return list;
    }

    static Optional<ConditionStatus> find(StreamingNodeStatus status, String type) {
        return status == null || status.conditions == null
                ? Optional.empty()
                : status.conditions.stream()
                        .filter(condition -> type.equals(condition.type))
                        .findFirst();
    }

    private static String shortened(String message) {
        return message == null || message.length() <= LONGEST_MESSAGE
                ? message
                : message.substring(0, LONGEST_MESSAGE - 1) + "…";
    }
}
