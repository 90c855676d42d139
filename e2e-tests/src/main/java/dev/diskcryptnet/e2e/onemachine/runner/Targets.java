package dev.diskcryptnet.e2e.onemachine.runner;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Map;

/**
 * Plays the chart's PodMonitors: writes down, for a Prometheus, where the pods' metrics are and with which labels they are to
 * be kept, whenever that changes.
 */
final class Targets implements Controller {
    /** Where metrics are, by the port's name. */
    private static final Map<String, String> PATHS = Map.of("admin", "/metrics", "http", "/q/metrics");
    /** Labels of pods that become labels of their series (podTargetLabels), as Prometheus can spell them. */
    private static final Map<String, String> POD_LABELS = Map.of(
            "diskcryptnet.dev/streaming-node", "diskcryptnet_dev_streaming_node",
            "diskcryptnet.dev/pool", "diskcryptnet_dev_pool");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ClusterView view;
    private final Path file;
    private String written;

    /** @param file for Prometheus' {@code file_sd_configs} */
    Targets(ClusterView view, Path file) {
        this.view = view;
        this.file = file;
    }

    @Override
    public void reconcile() {
        String wanted = targets().toPrettyString();
        if (wanted.equals(written)) {
            return;
        }
        try {
            // Prometheus may read it at any moment: the whole one or the one before.
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.writeString(next, wanted);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            written = wanted;
        } catch (IOException e) {
            throw new UncheckedIOException("targets=" + file + " cannot be written", e);
        }
    }

    private ArrayNode targets() {
        ArrayNode targets = JSON.createArrayNode();
        view.all(Pod.class).stream()
                .filter(Targets::isRunning)
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getNamespace() + "/"
                        + pod.getMetadata().getName()))
                .forEach(pod -> pod.getSpec().getContainers().forEach(container -> {
                    for (ContainerPort port : container.getPorts()) {
                        if (port.getName() != null && PATHS.containsKey(port.getName())) {
                            targets.add(target(pod, container.getName(), port));
                        }
                    }
                }));
        return targets;
    }

    private static boolean isRunning(Pod pod) {
        return pod.getStatus() != null
                && "Running".equals(pod.getStatus().getPhase())
                && pod.getStatus().getPodIP() != null;
    }

    private static ObjectNode target(Pod pod, String container, ContainerPort port) {
        ObjectMeta metadata = pod.getMetadata();
        ObjectNode target = JSON.createObjectNode();
        target.putArray("targets").add(pod.getStatus().getPodIP() + ":" + port.getContainerPort());
        ObjectNode labels = target.putObject("labels");
        labels.put("__metrics_path__", PATHS.get(port.getName()));
        labels.put("namespace", metadata.getNamespace());
        labels.put("pod", metadata.getName());
        labels.put("container", container);
        if (metadata.getLabels() != null) {
            POD_LABELS.forEach((label, name) -> {
                if (metadata.getLabels().containsKey(label)) {
                    labels.put(name, metadata.getLabels().get(label));
                }
            });
        }
        return target;
    }
}
