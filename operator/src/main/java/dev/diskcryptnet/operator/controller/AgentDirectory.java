package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.status.AgentState;
import io.fabric8.kubernetes.api.model.Pod;

/** Who asks the agents. */
public interface AgentDirectory {
    /**
     * Sees to it that the agent of {@code node} is asked from now on, and tells what is known of it.
     *
     * @param pod the agent's; null when there is none, and nobody is asked
     * @param port of its admin endpoint
     */
    AgentState watch(StreamingNode node, Pod pod, int port);

    /** Asks no more. */
    void forget(StreamingNode node);
}
