package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.AgentSpec;
import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.Patterns;
import dev.diskcryptnet.crds.ResourcesSpec;
import dev.diskcryptnet.crds.TolerationSpec;
import dev.diskcryptnet.crds.WorkersSpec;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The rules of {@code agent}. */
final class AgentRules {
    private static final String RESOURCES = "agent.resources";

    private AgentRules() {}

    static void check(Problems problems, AgentSpec agent, WorkersSpec workers) {
        if (agent == null) {
            return;
        }
        problems.syntax(
                "agent.image",
                agent.image,
                Patterns.IMAGE,
                Limits.MAX_IMAGE_LENGTH,
                "is not the reference of a container image; write it like registry.example/dcn-agent:1.0");
        problems.range("agent.accessLogEvery", agent.accessLogEvery, 0, Limits.MAX_ACCESS_LOG_EVERY);
        problems.range("agent.adminPort", agent.adminPort, Limits.MIN_ADMIN_PORT, Limits.MAX_TCP_PORT);
        problems.eachOfOptional(
                "agent.tolerations",
                agent.tolerations,
                Limits.MAX_TOLERATIONS,
                (path, toleration) -> checkToleration(problems, path, toleration));
        if (agent.resources != null) {
            checkResources(problems, agent.resources);
            if (workers != null && Boolean.TRUE.equals(workers.dedicated)) {
                checkGuaranteed(problems, agent.resources, WorkersRules.count(workers));
            }
        }
    }

    private static void checkToleration(Problems problems, String path, TolerationSpec toleration) {
        problems.syntax(
                path + ".key",
                toleration.key,
                Patterns.LABEL_KEY,
                Limits.MAX_LABEL_KEY_LENGTH,
                "is not the key of a taint; write it like dedicated or example.com/dedicated");
        problems.syntax(
                path + ".operator",
                toleration.operator,
                Patterns.TOLERATION_OPERATOR,
                Limits.MAX_LABEL_LENGTH,
                "is not an operator; write Exists or Equal");
        problems.syntax(
                path + ".value",
                toleration.value,
                Patterns.LABEL_VALUE,
                Limits.MAX_LABEL_LENGTH,
                "is not the value of a taint; write at most 63 letters, digits, - _ and .");
        problems.syntax(
                path + ".effect",
                toleration.effect,
                Patterns.TAINT_EFFECT,
                Limits.MAX_LABEL_LENGTH,
                "is not an effect; write NoSchedule, PreferNoSchedule or NoExecute");
        problems.range(path + ".tolerationSeconds", toleration.tolerationSeconds, 0, Long.MAX_VALUE);
        checkTolerationParts(problems, path, toleration);
    }

    private static void checkTolerationParts(Problems problems, String path, TolerationSpec toleration) {
        boolean exists = "Exists".equals(toleration.operator);
        if (toleration.key == null && !exists) {
            problems.add(path + ".key", " is missing; write the taint's key, or operator: Exists for all keys");
        }
        if (toleration.value != null && exists) {
            problems.add(path + ".value", " goes with operator Equal only; remove it, or write operator: Equal");
        }
        if (toleration.tolerationSeconds != null && !"NoExecute".equals(toleration.effect)) {
            problems.add(
                    path + ".tolerationSeconds",
                    " goes with effect NoExecute only; remove it, or write effect: NoExecute");
        }
    }

    private static void checkResources(Problems problems, ResourcesSpec resources) {
        checkQuantities(problems, RESOURCES + ".requests", resources.requests);
        checkQuantities(problems, RESOURCES + ".limits", resources.limits);
        Map<String, String> limits = Objects.requireNonNullElse(resources.limits, Map.of());
        Objects.requireNonNullElse(resources.requests, Map.<String, String>of()).forEach((name, text) -> {
            Optional<BigDecimal> request = ResourceQuantity.parse(text);
            Optional<BigDecimal> limit = ResourceQuantity.parse(limits.get(name));
            if (request.isPresent() && limit.isPresent() && request.get().compareTo(limit.get()) > 0) {
                problems.add(
                        RESOURCES + ".requests." + name,
                        "=" + text + " is more than limits." + name + "=" + limits.get(name)
                                + "; write less, or more in limits");
            }
        });
    }

    private static void checkQuantities(Problems problems, String path, Map<String, String> quantities) {
        problems.eachEntry(
                path,
                quantities,
                Limits.MAX_RESOURCES,
                name -> problems.syntax(
                        path,
                        name,
                        Patterns.LABEL_KEY,
                        Limits.MAX_LABEL_KEY_LENGTH,
                        "is not a resource's name; write it like cpu, memory or hugepages-2Mi"),
                (field, text) -> problems.syntax(
                        field,
                        text,
                        Patterns.QUANTITY,
                        Limits.MAX_QUANTITY_LENGTH,
                        "is not a quantity; write it like 4, 500m or 1Gi"));
    }

    /** Workers with processors of their own need a pod of Guaranteed quality of service with whole processors. */
    private static void checkGuaranteed(Problems problems, ResourcesSpec resources, int workers) {
        Map<String, String> limits = Objects.requireNonNullElse(resources.limits, Map.of());
        Optional<BigDecimal> cpu = ResourceQuantity.parse(limits.get("cpu"));
        if (cpu.isPresent()
                && (!ResourceQuantity.isWhole(cpu.get()) || cpu.get().compareTo(BigDecimal.valueOf(workers)) < 0)) {
            problems.add(
                    RESOURCES + ".limits.cpu",
                    "=" + limits.get("cpu") + " does not suit " + workers + " workers with dedicated: true; write a"
                            + " whole number of at least " + workers + ", or leave agent.resources out");
        }
        Objects.requireNonNullElse(resources.requests, Map.<String, String>of()).forEach((name, text) -> {
            if (!Objects.equals(text, limits.get(name))) {
                problems.add(
                        RESOURCES + ".requests." + name,
                        "=" + text + " must equal limits." + name + " when workers.dedicated is true; leave requests"
                                + " out");
            }
        });
    }
}
