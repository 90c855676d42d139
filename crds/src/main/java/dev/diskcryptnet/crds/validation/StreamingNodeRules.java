package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.Patterns;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import java.time.Duration;
import java.util.List;

/** The rules of a StreamingNode. */
public final class StreamingNodeRules {
    /** What a spec is for; only {@code nodeName} differs. */
    public enum Use {
        /** A resource of a cluster: nodeName is required. */
        IN_CLUSTER,
        /** The configuration of an agent that is started by hand: nodeName is ignored. */
        BY_HAND,
        /** The template of a pool: nodeName is refused. */
        IN_POOL
    }

    private static final Duration MAX_DRAIN_TIMEOUT = Duration.ofSeconds(Limits.MAX_DRAIN_SECONDS);

    private StreamingNodeRules() {}

    /**
     * Checks a spec.
     *
     * @param spec may be null, which is a problem of its own
     * @param prefix what stands in front of a field's path in messages: {@code "spec."}, or empty
     * @return every problem, none when the spec is right
     */
    public static List<String> problems(StreamingNodeSpec spec, Use use, String prefix) {
        if (spec == null) {
            return List.of(prefix.replaceFirst("[.]$", "") + " is missing; write what the node serves and from where");
        }
        Problems problems = new Problems(prefix);
        checkNodeName(problems, spec.nodeName, use);
        DiskRules.check(problems, spec.disks);
        PortRules.check(problems, spec.ports);
        ListenerRules.check(problems, spec.listeners);
        ClientsRules.check(problems, spec.clients);
        WorkersRules.check(problems, spec.workers);
        checkDrainTimeout(problems, spec.drainTimeout);
        AgentRules.check(problems, spec.agent, spec.workers);
        return problems.found();
    }

    /**
     * Checks the name of a StreamingNode.
     *
     * @return every problem, none when the name is right
     */
    public static List<String> problemsOfName(String name) {
        return problemsOfName(name, Limits.MAX_NODE_NAME_LENGTH, "its Service and pods are named after it");
    }

    static List<String> problemsOfName(String name, int most, String why) {
        Problems problems = new Problems("metadata.");
        problems.syntax(
                "name",
                name == null ? "" : name,
                Patterns.SERVICE_NAME,
                most,
                "must begin with a letter and be of at most " + most + " lower-case letters, digits and -, as " + why
                        + "; write a shorter or simpler one");
        return problems.found();
    }

    /**
     * Checks what a change of a spec may not change.
     *
     * @param prefix what stands in front of a field's path in messages
     * @return every problem, none when the change is allowed
     */
    public static List<String> problemsOfChange(StreamingNodeSpec before, StreamingNodeSpec after, String prefix) {
        if (before.nodeName == null || before.nodeName.equals(after.nodeName)) {
            return List.of();
        }
        Problems problems = new Problems(prefix);
        problems.add(
                "nodeName",
                " cannot be changed from '" + before.nodeName + "' to '" + after.nodeName
                        + "', as devices stay with their machine; delete this StreamingNode and create one for the other"
                        + " machine");
        return problems.found();
    }

    private static void checkNodeName(Problems problems, String nodeName, Use use) {
        switch (use) {
            case IN_CLUSTER -> {
                if (nodeName == null) {
                    problems.add("nodeName", " is missing; write the name of a node as kubectl get nodes shows it");
                }
                problems.syntax(
                        "nodeName",
                        nodeName,
                        Patterns.SUBDOMAIN,
                        Limits.MAX_SUBDOMAIN_LENGTH,
                        "is not a node's name; write it as kubectl get nodes shows it");
            }
            case IN_POOL -> {
                if (nodeName != null) {
                    problems.add("nodeName", " is filled in by the pool; leave it out and write a nodeSelector");
                }
            }
            case BY_HAND -> {
                // The agent is on its machine already.
            }
        }
    }

    private static void checkDrainTimeout(Problems problems, String text) {
        if (text == null) {
            return;
        }
        try {
            if (SpecDuration.parse(text).compareTo(MAX_DRAIN_TIMEOUT) > 0) {
                problems.add("drainTimeout", "=" + text + " is too long; write 0s to 1h");
            }
        } catch (IllegalArgumentException e) {
            problems.add("drainTimeout", " '" + text + "' " + e.getMessage());
        }
    }
}
