package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.Probe;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One container of a pod: its process, its restarts, its probes. Used by the pod's own thread only. */
final class ContainerRun {
    private static final int SIGNALLED = 128;

    /** What a process is started from; fixed for the life of its pod. */
    record Plan(
            Container container,
            String podAddress,
            List<String> start,
            Map<String, String> environment,
            String workingDirectory,
            Path log,
            LastWords lastWords) {}

    private final Plan plan;
    private final BackOff backOff = new BackOff();
    private Process process;
    private Instant startedAt;
    private long startedNs;
    private long mayStartNs;
    private int starts;
    private ContainerState lastState;
    private ContainerState state = waiting("ContainerCreating", null);
    private ProbeState startup;
    private ProbeState liveness;
    private ProbeState readiness;

    ContainerRun(Plan plan) {
        this.plan = plan;
        this.mayStartNs = System.nanoTime();
    }

    static ContainerState waiting(String reason, String message) {
        return new ContainerStateBuilder()
                .withNewWaiting()
                .withReason(reason)
                .withMessage(message)
                .endWaiting()
                .build();
    }

    Container container() {
        return plan.container();
    }

    boolean isRunning() {
        return process != null;
    }

    /** Whether it ran and ended, and has not been started again. */
    boolean hasEnded() {
        return process == null && starts > 0;
    }

    boolean hasFailed() {
        return hasEnded()
                && state.getTerminated() != null
                && state.getTerminated().getExitCode() != 0;
    }

    /** Whether the pause after its last end is over. */
    boolean mayStart(long nowNs) {
        return nowNs - mayStartNs >= 0;
    }

    void start() throws IOException {
        plan.lastWords().begin();
        process = new ProcessBuilder(plan.start())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(plan.log().toFile()))
                .start();
        process.getOutputStream().close();
        if (starts++ > 0) {
            lastState = state;
        }
        startedAt = Instant.now();
        startedNs = System.nanoTime();
        state = new ContainerStateBuilder()
                .withNewRunning()
                .withStartedAt(Timestamps.of(startedAt))
                .endRunning()
                .build();
        startup = probe(plan.container().getStartupProbe(), false, true);
        liveness = probe(plan.container().getLivenessProbe(), true, false);
        readiness = probe(plan.container().getReadinessProbe(), false, true);
    }

    private ProbeState probe(Probe probe, boolean initially, boolean eager) {
        return probe == null
                ? null
                : new ProbeState(probe, plan.container(), plan.podAddress(), this::exec, startedNs, initially, eager);
    }

    /** Runs a program beside the process. */
    private int exec(List<String> command, int timeoutSeconds) throws InterruptedException {
        List<String> whole = Sandbox.enter(process.pid(), plan.environment(), plan.workingDirectory(), command);
        try {
            Process run = new ProcessBuilder(whole)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(plan.log().toFile()))
                    .start();
            if (run.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
                return run.exitValue();
            }
            run.destroyForcibly();
            return -1;
        } catch (IOException e) {
            return -1;
        }
    }

    /**
     * Looks at the process and probes it.
     *
     * @return why it is to be ended and started again; null when it is well, or not running
     */
    String poll(long nowNs) throws InterruptedException {
        if (process == null) {
            return null;
        }
        if (!process.isAlive()) {
            ended(nowNs, null);
            return null;
        }
        if (startup != null && !startup.isPassing()) {
            startup.poll(nowNs, nowNs - startedNs);
            return startup.hasFailed() ? "startup probe failed: " + startup.lastFailure() : null;
        }
        if (readiness != null) {
            readiness.poll(nowNs, nowNs - startedNs);
        }
        if (liveness != null) {
            liveness.poll(nowNs, nowNs - startedNs);
            return liveness.hasFailed() ? "liveness probe failed: " + liveness.lastFailure() : null;
        }
        return null;
    }

    private void ended(long nowNs, String reason) throws InterruptedException {
        // Whatever it started and left behind goes with it, as a container's processes do.
        killSession();
        int exitCode = process.waitFor();
        process = null;
        state = new ContainerStateBuilder()
                .withNewTerminated()
                .withExitCode(exitCode)
                .withSignal(exitCode > SIGNALLED ? exitCode - SIGNALLED : null)
                .withReason(reason != null ? reason : exitCode == 0 ? "Completed" : "Error")
                .withMessage(plan.lastWords().read(exitCode))
                .withStartedAt(Timestamps.of(startedAt))
                .withFinishedAt(Timestamps.now())
                .endTerminated()
                .build();
        mayStartNs = nowNs + backOff.ended(nowNs - startedNs);
    }

    private void killSession() {
        try {
            new ProcessBuilder("kill", "-s", "KILL", "--", "-" + process.pid())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends it: preStop, then SIGTERM, and SIGKILL when the grace is over. The grace runs from the beginning of preStop.
     *
     * @param reason for the status; null for what the exit code says
     */
    void stop(long graceNs, String reason) throws InterruptedException {
        if (process == null) {
            return;
        }
        long deadlineNs = System.nanoTime() + graceNs;
        var lifecycle = plan.container().getLifecycle();
        if (lifecycle != null && lifecycle.getPreStop() != null && process.isAlive()) {
            preStop(lifecycle.getPreStop(), graceNs);
        }
        if (process.isAlive()) {
            process.destroy();
            process.waitFor(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
        ended(System.nanoTime(), reason);
    }

    private void preStop(LifecycleHandler handler, long graceNs) throws InterruptedException {
        int seconds = (int) Math.max(1, TimeUnit.NANOSECONDS.toSeconds(graceNs));
        if (handler.getExec() != null) {
            exec(handler.getExec().getCommand(), seconds);
        } else if (handler.getSleep() != null) {
            process.waitFor(Math.min(handler.getSleep().getSeconds(), seconds), TimeUnit.SECONDS);
        }
    }

    boolean isStarted() {
        return process != null && (startup == null || startup.isPassing());
    }

    boolean isReady() {
        return isStarted() && (readiness == null || readiness.isPassing());
    }

    ContainerStatus status(boolean restarts) {
        boolean backingOff = restarts && hasEnded();
        ContainerState shown = backingOff
                ? waiting("CrashLoopBackOff", "the process ended; it is started again after a pause")
                : state;
        ContainerState before = backingOff ? state : lastState;
        return new ContainerStatusBuilder()
                .withName(plan.container().getName())
                .withImage(plan.container().getImage())
                .withImageID("process://" + plan.container().getImage())
                .withContainerID(process == null ? "" : "process://" + process.pid())
                .withReady(isReady())
                .withStarted(isStarted())
                .withRestartCount(Math.max(0, starts - 1))
                .withState(shown)
                .withLastState(before != null && before.getTerminated() != null ? before : new ContainerState())
                .build();
    }
}
