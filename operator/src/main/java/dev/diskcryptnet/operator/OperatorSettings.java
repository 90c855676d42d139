package dev.diskcryptnet.operator;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What the operator is told by its environment, read once at start.
 *
 * @param agentImage image of agents whose spec names none ({@code DCN_AGENT_IMAGE})
 * @param watchNamespaces namespaces whose resources are reconciled; empty for all ({@code DCN_WATCH_NAMESPACES})
 * @param profile what the API server can do ({@code DCN_API_PROFILE})
 * @param leaderElection whether a lease decides which replica works ({@code DCN_LEADER_ELECTION})
 * @param leaseNamespace where the lease is ({@code DCN_LEASE_NAMESPACE}, {@code POD_NAMESPACE}, or the client's)
 * @param identity name of this replica in the lease ({@code POD_NAME}, or the host's and the process's)
 * @param agentSeccompProfile file of the seccomp profile for agents, relative to the kubelet's directory; null when the
 *     machines have none ({@code DCN_AGENT_SECCOMP_PROFILE})
 * @param pollInterval how often an agent is asked for its status ({@code DCN_POLL_INTERVAL})
 * @param figuresInterval least time between two writes of a status for its figures alone ({@code DCN_STATUS_INTERVAL})
 * @param reconcileThreads reconciliations that run at once ({@code DCN_RECONCILE_THREADS})
 */
public record OperatorSettings(
        String agentImage,
        Set<String> watchNamespaces,
        ApiProfile profile,
        boolean leaderElection,
        String leaseNamespace,
        String identity,
        String agentSeccompProfile,
        Duration pollInterval,
        Duration figuresInterval,
        int reconcileThreads) {

    /** Image of agents when neither the spec nor the environment names one. */
    public static final String DEFAULT_AGENT_IMAGE = "diskcryptnet/agent:0.1.0";

    private static final int MAX_THREADS = 64;

    /** Settings of {@code environment}; throws {@link IllegalArgumentException} that names the variable and the fix. */
    public static OperatorSettings from(Map<String, String> environment) {
        var values = new Values(environment);
        ApiProfile profile = ApiProfile.named(values.text("DCN_API_PROFILE", ApiProfile.SERVER.profileName()));
        return new OperatorSettings(
                values.text("DCN_AGENT_IMAGE", DEFAULT_AGENT_IMAGE),
                values.names("DCN_WATCH_NAMESPACES"),
                profile,
                values.flag("DCN_LEADER_ELECTION", profile.leaderElection()),
                values.text("DCN_LEASE_NAMESPACE", values.text("POD_NAMESPACE", null)),
                values.text(
                        "POD_NAME",
                        values.text("HOSTNAME", "operator") + "-"
                                + ProcessHandle.current().pid()),
                values.text("DCN_AGENT_SECCOMP_PROFILE", null),
                values.seconds("DCN_POLL_INTERVAL", 5),
                values.seconds("DCN_STATUS_INTERVAL", 15),
                values.number("DCN_RECONCILE_THREADS", 8, 1, MAX_THREADS));
    }

    /** Reads variables; an empty one counts as not given, as charts render it. */
    private record Values(Map<String, String> environment) {
        String text(String name, String otherwise) {
            String value = environment.get(name);
            return value == null || value.isBlank() ? otherwise : value.strip();
        }

        Set<String> names(String name) {
            return Arrays.stream(text(name, "").split(","))
                    .map(String::strip)
                    .filter(Predicate.not(String::isEmpty))
                    .collect(Collectors.toUnmodifiableSet());
        }

        boolean flag(String name, boolean otherwise) {
            String value = text(name, Boolean.toString(otherwise));
            return switch (value) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException(name + "=" + value + ": set it to true or false");
            };
        }

        int number(String name, int otherwise, int least, int most) {
            String value = text(name, Integer.toString(otherwise));
            try {
                int number = Integer.parseInt(value);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Said below, in the words for a number out of bounds.
            }
            throw new IllegalArgumentException(
                    name + "=" + value + ": set it to a whole number from " + least + " to " + most);
        }

        Duration seconds(String name, int otherwise) {
            String value = text(name, otherwise + "s");
            String digits = value.endsWith("s") ? value.substring(0, value.length() - 1) : value;
            try {
                int number = Integer.parseInt(digits);
                if (number >= 1 && number <= 3600) {
                    return Duration.ofSeconds(number);
                }
            } catch (NumberFormatException e) {
                // Said below.
            }
            throw new IllegalArgumentException(name + "=" + value + ": set it to seconds from 1s to 3600s");
        }
    }
}
