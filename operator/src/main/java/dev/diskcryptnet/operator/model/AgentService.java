package dev.diskcryptnet.operator.model;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;

/** The agent's name in the cluster and the account it runs under. Viewers come by the addresses of its own ports. */
public final class AgentService {
    private AgentService() {}

    /** Headless Service with the admin endpoint, ready or not: metrics of an agent that is not ready matter most. */
    public static Service service(Declaration declared) {
        var node = declared.node();
        return new ServiceBuilder()
                .withMetadata(Names.meta(node, Names.agent(node.getMetadata().getName()), Names.AGENT))
                .withNewSpec()
                .withClusterIP("None")
                .withPublishNotReadyAddresses(true)
                .withSelector(Names.selector(node))
                .addNewPort()
                .withName("admin")
                .withProtocol("TCP")
                .withPort(declared.adminPort())
                .withTargetPort(new IntOrString("admin"))
                .endPort()
                .endSpec()
                .build();
    }

    /** An account without rights and without a token: the agent never talks to the API server. */
    public static ServiceAccount account(Declaration declared) {
        var node = declared.node();
        return new ServiceAccountBuilder()
                .withMetadata(Names.meta(node, Names.agent(node.getMetadata().getName()), Names.AGENT))
                .withAutomountServiceAccountToken(false)
                .build();
    }
}
