package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.StreamingNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.List;
import java.util.Optional;

/** What is known of the cluster. Reading asks no server; objects read are shared and must not be changed. */
public interface ClusterView {
    /** An object that this operator made: ConfigMap, StatefulSet, Service, ServiceAccount, admin Secret or Job. */
    <T extends HasMetadata> Optional<T> owned(Class<T> kind, String namespace, String name);

    /** A Secret that a listener names. It may be of the wrong type where the server cannot select by type. */
    Optional<Secret> tlsSecret(String namespace, String name);

    /** A machine of the cluster. */
    Optional<Node> machine(String name);

    /** Pods of a StreamingNode: its agent's and its release's, those that are ending too. */
    List<Pod> pods(String namespace, String streamingNode);

    /** StreamingNodes that claim the device of that key, those that are being deleted too. */
    List<StreamingNode> claimants(String deviceKey);

    /**
     * Makes an object that was just written be seen by the next read, although the server has not announced it yet.
     *
     * @param before what was seen before it was written; null when it is new
     */
    <T extends HasMetadata> void remember(T written, T before);
}
