package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.Map;

/** Gives every pod that is bound to one of the machines a worker, and tells it what became of the pod. */
final class Pods implements Controller, AutoCloseable {
    private record Running(PodWorker worker, Thread thread, String key) {}

    private final ClusterView view;
    private final ApiWriter writer;
    private final Map<String, PodContext> contexts;
    private final Map<String, Running> byUid = new HashMap<>();

    /** @param contexts by name of the machine */
    Pods(ClusterView view, ApiWriter writer, Map<String, PodContext> contexts) {
        this.view = view;
        this.writer = writer;
        this.contexts = contexts;
    }

    @Override
    public void reconcile() {
        Map<String, Pod> present = new HashMap<>();
        for (Pod pod : view.all(Pod.class)) {
            present.put(pod.getMetadata().getUid(), pod);
        }
        byUid.values().removeIf(running -> !running.thread().isAlive());
        byUid.forEach((uid, running) -> {
            if (present.containsKey(uid)) {
                running.worker().update(present.get(uid));
            } else {
                running.worker().vanish();
            }
        });
        present.values().forEach(this::start);
    }

    private void start(Pod pod) {
        String nodeName = pod.getSpec().getNodeName();
        PodContext context = nodeName == null ? null : contexts.get(nodeName);
        if (context == null || byUid.containsKey(pod.getMetadata().getUid())) {
            return;
        }
        if (PodTemplates.isDeleting(pod)) {
            // Nothing of it runs here, or not any more.
            writer.update(pod, one -> one.getMetadata().getFinalizers().remove(PodWorker.FINALIZER));
            writer.deleteNow(pod);
            return;
        }
        String key = pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
        // Another of the same name, forced out of the API, may still be ending.
        boolean taken =
                byUid.values().stream().anyMatch(running -> running.key().equals(key));
        if (!taken && !PodTemplates.hasEnded(pod)) {
            var worker = new PodWorker(context, pod);
            Thread thread = Thread.ofPlatform().name("pod " + key).daemon().start(worker);
            byUid.put(pod.getMetadata().getUid(), new Running(worker, thread, key));
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (Running running : byUid.values()) {
            running.worker().vanish();
        }
        for (Running running : byUid.values()) {
            running.thread().join();
        }
    }
}
