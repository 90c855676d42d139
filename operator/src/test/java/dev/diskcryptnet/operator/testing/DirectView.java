package dev.diskcryptnet.operator.testing;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.controller.ClusterView;
import dev.diskcryptnet.operator.model.DeviceClaims;
import dev.diskcryptnet.operator.model.Names;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Optional;

/** Sees the cluster as it is at this moment, by asking for everything. */
public final class DirectView implements ClusterView {
    private final KubernetesClient client;

    /** Asks with {@code client}. */
    public DirectView(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public <T extends HasMetadata> Optional<T> owned(Class<T> kind, String namespace, String name) {
        return Optional.ofNullable(
                client.resources(kind).inNamespace(namespace).withName(name).get());
    }

    @Override
    public Optional<Secret> tlsSecret(String namespace, String name) {
        return owned(Secret.class, namespace, name);
    }

    @Override
    public Optional<Node> machine(String name) {
        return Optional.ofNullable(client.nodes().withName(name).get());
    }

    @Override
    public List<Pod> pods(String namespace, String streamingNode) {
        return client.pods()
                .inNamespace(namespace)
                .withLabel(Names.NODE_LABEL, streamingNode)
                .list()
                .getItems();
    }

    @Override
    public List<StreamingNode> claimants(String deviceKey) {
        return client.resources(StreamingNode.class).inNamespace(TestCluster.NAMESPACE).list().getItems().stream()
                .filter(node -> DeviceClaims.of(node.getSpec()).stream()
                        .anyMatch(claim -> claim.key().equals(deviceKey)))
                .toList();
    }

    @Override
    public <T extends HasMetadata> void remember(T written, T before) {
        // Nothing is kept: the next question is answered by the server.
    }
}
