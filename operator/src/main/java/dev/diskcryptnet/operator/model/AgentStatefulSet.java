package dev.diskcryptnet.operator.model;

import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;

/**
 * The agent. A StatefulSet of one replica starts a new pod only when the old one is known to be gone, so that at most one
 * agent ever holds a device.
 */
public final class AgentStatefulSet {
    private static final int KEPT_REVISIONS = 2;

    private AgentStatefulSet() {}

    /** The StatefulSet of {@code declared}. */
    public static StatefulSet of(Declaration declared, Build build) {
        var node = declared.node();
        String name = Names.agent(node.getMetadata().getName());
        return new StatefulSetBuilder()
                .withMetadata(Names.meta(node, name, Names.AGENT))
                .withNewSpec()
                .withReplicas(1)
                .withServiceName(name)
                .withRevisionHistoryLimit(KEPT_REVISIONS)
                .withNewSelector()
                .withMatchLabels(Names.selector(node))
                .endSelector()
                // The old pod goes before the new one comes. In order (the other policy), a pod that never gets ready
                // would
                // hold up the very change that mends it.
                .withPodManagementPolicy("Parallel")
                .withNewUpdateStrategy()
                .withType("RollingUpdate")
                .endUpdateStrategy()
                .withTemplate(AgentPod.serving(declared, build))
                .endSpec()
                .build();
    }
}
