package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/**
 * What all pods of a machine have in common.
 *
 * @param directory where pods have theirs
 * @param logs where containers' output goes
 * @param podNetns the network namespace of pods that are not in their machine's
 * @param podAddress the address of those
 * @param environment of every container: where the API server is
 */
record PodContext(
        Machine machine,
        ClusterView view,
        ApiWriter writer,
        Images images,
        Volumes.TokenSource tokens,
        Path directory,
        Path logs,
        String podNetns,
        String podAddress,
        Map<String, String> environment) {
    private static boolean usesHostNetwork(Pod pod) {
        return Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
    }

    String netns(Pod pod) {
        return usesHostNetwork(pod) ? machine.netns() : podNetns;
    }

    String address(Pod pod) {
        return usesHostNetwork(pod) ? machine.address() : podAddress;
    }

    Path log(Pod pod, Container container) {
        return logs.resolve(pod.getMetadata().getNamespace() + "."
                + pod.getMetadata().getName() + "." + container.getName() + ".log");
    }

    void say(Pod pod, String what) {
        System.out.println(Instant.now() + " pod=" + pod.getMetadata().getNamespace() + "/"
                + pod.getMetadata().getName() + " " + what);
    }
}
