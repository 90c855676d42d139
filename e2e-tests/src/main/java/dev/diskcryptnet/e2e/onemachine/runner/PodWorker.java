package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * One pod on one machine, from its first to its last moment, on a thread of its own. The pod carries a finalizer for as
 * long as a process of it may run, so that it is gone from the API only when it is gone from the machine.
 */
final class PodWorker implements Runnable {
    /** Kept on every pod that runs here. */
    static final String FINALIZER = "diskcryptnet.dev/node-runner";

    private static final long TICK_MS = 100;
    private static final long REFRESH_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long DEFAULT_GRACE_SECONDS = 30;
    private static final long VANISHED_GRACE_SECONDS = 2;

    private final PodContext context;
    private final Pod pod;
    private final PodReport report;
    private final Volumes volumes;
    private final Path directory;
    private final String address;
    private final List<ContainerRun> initial = new ArrayList<>();
    private final List<ContainerRun> runs = new ArrayList<>();
    private volatile Pod latest;
    private volatile boolean vanished;
    private long refreshedNs;

    PodWorker(PodContext context, Pod pod) {
        this.context = context;
        this.pod = pod;
        this.latest = pod;
        this.directory = context.directory().resolve(pod.getMetadata().getUid());
        this.address = context.address(pod);
        this.volumes =
                new Volumes(context.machine(), context.view(), context.tokens(), pod, directory.resolve("volumes"));
        this.report = new PodReport(context, pod, address);
    }

    /** Tells what the API server holds of it now. */
    void update(Pod seen) {
        latest = seen;
    }

    /** Tells that the API server has no such pod any more. */
    void vanish() {
        vanished = true;
    }

    @Override
    public void run() {
        try {
            context.writer()
                    .update(
                            pod,
                            present -> !present.getMetadata().getFinalizers().contains(FINALIZER)
                                    && !PodTemplates.isDeleting(present)
                                    && present.getMetadata().getFinalizers().add(FINALIZER));
            if (prepare() && runInitial()) {
                serve();
            }
            end();
        } catch (InterruptedException e) {
            // The runner ends, and its processes with it: whoever ends it ends them.
            Thread.currentThread().interrupt();
        } catch (IOException | KubernetesClientException e) {
            context.say(pod, "gave up: " + e);
        }
    }

    private boolean isEnding() {
        return vanished || PodTemplates.isDeleting(latest);
    }

    /** Waits for what the pod needs; false when it is to end before it began. */
    private boolean prepare() throws InterruptedException, IOException {
        while (!isEnding()) {
            try {
                Map<String, Path> sources = volumes.prepare();
                for (Container container : pod.getSpec().getInitContainers()) {
                    initial.add(new ContainerRun(plan(container, sources)));
                }
                for (Container container : pod.getSpec().getContainers()) {
                    runs.add(new ContainerRun(plan(container, sources)));
                }
                return true;
            } catch (Volumes.MissingException e) {
                initial.clear();
                runs.clear();
                report.pending(e.getMessage());
            } catch (IOException e) {
                initial.clear();
                runs.clear();
                report.pending(e.toString());
            }
            Thread.sleep(2 * TICK_MS);
        }
        return false;
    }

    private ContainerRun.Plan plan(Container container, Map<String, Path> sources)
            throws IOException, Volumes.MissingException {
        Images.Image image = context.images().find(container.getImage());
        if (image == null) {
            throw new Volumes.MissingException("image=" + container.getImage()
                    + " stands for no program that is built here; a name with one of these does: "
                    + context.images().names());
        }
        Map<String, String> below = new LinkedHashMap<>(image.environment());
        below.putAll(context.environment());
        Path place = Files.createDirectories(directory.resolve("containers").resolve(container.getName()));
        Path lastWords = place.resolve("termination-log");
        below.put(LastWords.ENVIRONMENT_VARIABLE, Sandbox.seenAt(lastWords));
        Map<String, String> environment =
                new Environment(context.view(), pod, context.machine(), address).of(container, below);
        List<String> command =
                new ArrayList<>(container.getCommand().isEmpty() ? image.entrypoint() : container.getCommand());
        command.addAll(container.getArgs());
        command.replaceAll(word -> Environment.expand(word, environment));
        String workingDirectory = Objects.requireNonNullElse(container.getWorkingDir(), "/");
        List<String> start = Sandbox.prepare(
                place, context.netns(pod), mounts(container, sources), environment, workingDirectory, command);
        Path log = context.log(pod, container);
        return new ContainerRun.Plan(
                container,
                address,
                start,
                environment,
                workingDirectory,
                log,
                new LastWords(container, lastWords, log));
    }

    private List<Sandbox.Mount> mounts(Container container, Map<String, Path> sources)
            throws IOException, Volumes.MissingException {
        List<Sandbox.Mount> mounts = new ArrayList<>();
        for (var mount : container.getVolumeMounts()) {
            Path source = sources.get(mount.getName());
            if (source == null) {
                throw new Volumes.MissingException("volumeMount=" + mount.getName() + " names no volume of the pod");
            }
            Path shown = mount.getSubPath() == null ? source : source.resolve(mount.getSubPath());
            mounts.add(new Sandbox.Mount(
                    shown, Path.of(mount.getMountPath()).normalize(), Boolean.TRUE.equals(mount.getReadOnly())));
        }
        Path token = volumes.serviceAccount();
        if (token != null) {
            mounts.add(new Sandbox.Mount(token, TokenFiles.PLACE, true));
        }
        return mounts;
    }

    /** One after the other, each until it succeeds; false when the pod is to end. */
    private boolean runInitial() throws InterruptedException, IOException {
        for (ContainerRun run : initial) {
            while (true) {
                if (isEnding()) {
                    return false;
                }
                long nowNs = System.nanoTime();
                run.poll(nowNs);
                if (run.hasEnded() && !run.hasFailed()) {
                    break;
                }
                if (run.hasFailed() && restartPolicy().equals("Never")) {
                    return false;
                }
                if (!run.isRunning() && run.mayStart(nowNs)) {
                    run.start();
                }
                report("Pending");
                Thread.sleep(TICK_MS);
            }
        }
        return true;
    }

    private String restartPolicy() {
        return Objects.requireNonNullElse(pod.getSpec().getRestartPolicy(), "Always");
    }

    private boolean restarts(ContainerRun run) {
        return switch (restartPolicy()) {
            case "Always" -> true;
            case "OnFailure" -> run.hasFailed();
            default -> false;
        };
    }

    /** Keeps the containers running until the pod is deleted or all have ended for good. */
    private void serve() throws InterruptedException, IOException {
        while (!isEnding()) {
            boolean open = false;
            for (ContainerRun run : runs) {
                open |= step(run);
            }
            report(open ? "Running" : runs.stream().anyMatch(ContainerRun::hasFailed) ? "Failed" : "Succeeded");
            if (!open) {
                return;
            }
            if (System.nanoTime() - refreshedNs > REFRESH_NS) {
                refreshedNs = System.nanoTime();
                volumes.refresh();
            }
            Thread.sleep(TICK_MS);
        }
    }

    /** @return whether the container runs or will again */
    private boolean step(ContainerRun run) throws InterruptedException, IOException {
        long nowNs = System.nanoTime();
        String sick = run.poll(nowNs);
        if (sick != null) {
            context.say(pod, run.container().getName() + ": " + sick);
            run.stop(graceNs(), "Unhealthy");
        }
        if (run.isRunning()) {
            return true;
        }
        if (run.hasEnded() && !restarts(run)) {
            return false;
        }
        if (run.mayStart(nowNs)) {
            run.start();
        }
        return true;
    }

    private long graceNs() {
        Long ofPod = pod.getSpec().getTerminationGracePeriodSeconds();
        Long ofDeletion = latest.getMetadata().getDeletionGracePeriodSeconds();
        long seconds = ofDeletion != null ? ofDeletion : ofPod != null ? ofPod : DEFAULT_GRACE_SECONDS;
        return TimeUnit.SECONDS.toNanos(vanished ? Math.min(seconds, VANISHED_GRACE_SECONDS) : seconds);
    }

    private void end() throws InterruptedException, IOException {
        // A pod that ended by itself keeps its status until somebody deletes it.
        while (!isEnding()) {
            Thread.sleep(TICK_MS);
        }
        for (ContainerRun run : initial) {
            run.stop(0, null);
        }
        List<Thread> stopping = runs.stream()
                .map(run -> Thread.ofVirtual().start(() -> stop(run)))
                .toList();
        for (Thread thread : stopping) {
            thread.join();
        }
        Trees.delete(directory);
        if (!vanished) {
            context.writer().update(latest, present -> present.getMetadata()
                    .getFinalizers()
                    .remove(FINALIZER));
            context.writer().deleteNow(latest);
        }
    }

    private void stop(ContainerRun run) {
        try {
            run.stop(graceNs(), null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void report(String phase) {
        List<ContainerStatus> first =
                initial.stream().map(run -> run.status(restarts(run))).toList();
        List<ContainerStatus> main =
                runs.stream().map(run -> run.status(restarts(run))).toList();
        boolean ready = phase.equals("Running") && runs.stream().allMatch(ContainerRun::isReady);
        report.write(phase, ready, first, main);
    }

    /** The status last written, for tests. */
    PodStatus status() {
        return report.status();
    }
}
