package dev.diskcryptnet.operator.status;

import dev.diskcryptnet.crds.StreamingNode;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;

/**
 * All that a status is made of. What is null is not there.
 *
 * @param ending where a deletion stands; null when the StreamingNode stays
 * @param blocked why its workload may not be made or changed; null when nothing stands against it
 * @param configHash of the configuration that the spec comes to
 * @param pod the agent's, the one that serves if two are there
 * @param machine that the spec names
 */
public record Observation(
        StreamingNode node,
        Finding ending,
        Finding blocked,
        String configHash,
        Pod pod,
        Node machine,
        AgentState agent) {}
