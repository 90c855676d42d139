package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.model.Declaration;
import dev.diskcryptnet.operator.model.DeviceClaims;
import dev.diskcryptnet.operator.model.Names;
import dev.diskcryptnet.operator.model.Seniority;
import dev.diskcryptnet.operator.model.TlsSecret;
import dev.diskcryptnet.operator.status.Finding;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether a StreamingNode may have its workload: what the CRD cannot know because it needs other objects. */
final class Admission {
    /**
     * Why not.
     *
     * @param withoutWorkload whether a workload that is there has to go; else it stays as it is
     */
    record Refusal(Finding finding, boolean withoutWorkload) {}

    private final ClusterView view;

    Admission(ClusterView view) {
        this.view = view;
    }

    /** Why {@code node}, whose spec is valid, may have no workload, or not this one; empty when it may. */
    Optional<Refusal> refusal(StreamingNode node) {
        // A workload that runs stays without its Secret: it has the keys, and streams must not end for that.
        return conflict(node).or(() -> unknownMachine(node)
                .or(() -> unusableSecret(node))
                .map(finding -> new Refusal(finding, false)));
    }

    /**
     * An older claimant has the device. A younger one that had it first gives it up, and until its workload is gone the
     * older one waits: no two agents ever hold a device.
     */
    private Optional<Refusal> conflict(StreamingNode node) {
        StreamingNode other = null;
        List<String> devices = new ArrayList<>();
        for (DeviceClaims.Claim claim : DeviceClaims.of(node.getSpec())) {
            Optional<StreamingNode> holder = view.claimants(claim.key()).stream()
                    .filter(claimant -> !isSame(claimant, node))
                    .filter(claimant -> Seniority.OLDEST_FIRST.compare(claimant, node) < 0 || hasWorkload(claimant))
                    .min(Seniority.OLDEST_FIRST);
            if (holder.isEmpty()) {
                continue;
            }
            if (other == null) {
                other = holder.get();
            }
            if (isSame(other, holder.get())) {
                devices.add(claim.device());
            }
        }
        return other == null ? Optional.empty() : Optional.of(conflict(node, other, devices));
    }

    private static Refusal conflict(StreamingNode node, StreamingNode other, List<String> devices) {
        String name =
                other.getMetadata().getNamespace() + "/" + other.getMetadata().getName();
        String what = String.join(", ", devices) + " on node " + node.getSpec().nodeName;
        boolean older = Seniority.OLDEST_FIRST.compare(other, node) < 0;
        String message = older
                ? what + " belongs to StreamingNode " + name
                        + ", which is older; choose another, or delete that StreamingNode"
                : what + " is still held by StreamingNode " + name
                        + ", which is younger and has to give it up; wait for that";
        return new Refusal(new Finding(Reason.DeviceConflict, message), older);
    }

    private boolean hasWorkload(StreamingNode node) {
        return view.owned(
                        StatefulSet.class,
                        node.getMetadata().getNamespace(),
                        Names.agent(node.getMetadata().getName()))
                .isPresent();
    }

    private Optional<Finding> unknownMachine(StreamingNode node) {
        String name = node.getSpec().nodeName;
        return view.machine(name).isPresent()
                ? Optional.empty()
                : Optional.of(new Finding(
                        Reason.NodeUnknown,
                        "nodeName=" + name + ": the cluster has no such node; see kubectl get nodes, and create this "
                                + "StreamingNode anew with the right one"));
    }

    private Optional<Finding> unusableSecret(StreamingNode node) {
        String namespace = node.getMetadata().getNamespace();
        for (String name : Declaration.tlsSecretNames(node.getSpec())) {
            Optional<Secret> secret = view.tlsSecret(namespace, name);
            if (secret.isEmpty()) {
                return Optional.of(new Finding(
                        Reason.SecretMissing,
                        "Secret " + name + " of type " + TlsSecret.TYPE + " is not in namespace " + namespace
                                + "; create it: kubectl -n " + namespace + " create secret tls " + name
                                + " --cert=FILE --key=FILE"));
            }
            Optional<String> problem = TlsSecret.problem(secret.get());
            if (problem.isPresent()) {
                return problem.map(text -> new Finding(Reason.SecretInvalid, text));
            }
        }
        return Optional.empty();
    }

    private static boolean isSame(StreamingNode one, StreamingNode other) {
        return one.getMetadata().getName().equals(other.getMetadata().getName())
                && one.getMetadata().getNamespace().equals(other.getMetadata().getNamespace());
    }
}
