package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Probe;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** One probe of one run of a container: when it is due, and what the last ones came to. */
final class ProbeState {
    private static final int DEFAULT_PERIOD_SECONDS = 10;
    private static final int DEFAULT_FAILURE_THRESHOLD = 3;
    /** Until a start is seen, faster than the spec says: on one machine a person waits for it. */
    private static final long EAGER_PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(200);

    /** Runs a program in the container. */
    interface Exec {
        /** @return its exit code; not 0 when it took longer */
        int run(List<String> command, int timeoutSeconds) throws InterruptedException;
    }

    private final Probe probe;
    private final Container container;
    private final String address;
    private final Exec exec;
    private final boolean eager;
    private long nextNs;
    private int successes;
    private int failures;
    private String lastFailure = "";
    private boolean passing;

    /**
     * @param address of the pod
     * @param initially what counts before the first result
     * @param eager whether to probe at once and often until it passes
     */
    ProbeState(
            Probe probe, Container container, String address, Exec exec, long nowNs, boolean initially, boolean eager) {
        this.probe = probe;
        this.container = container;
        this.address = address;
        this.exec = exec;
        this.eager = eager;
        this.passing = initially;
        this.nextNs = eager ? nowNs : nowNs + seconds(Objects.requireNonNullElse(probe.getInitialDelaySeconds(), 0));
    }

    private static long seconds(int seconds) {
        return TimeUnit.SECONDS.toNanos(seconds);
    }

    /** Whether the probe passes, by its thresholds. */
    boolean isPassing() {
        return passing;
    }

    /** Whether it failed as often in a row as it may. */
    boolean hasFailed() {
        return failures >= Objects.requireNonNullElse(probe.getFailureThreshold(), DEFAULT_FAILURE_THRESHOLD);
    }

    /** What the last failure was, for a person. */
    String lastFailure() {
        return lastFailure;
    }

    /** Probes, when it is time to. An eager one that has not passed yet is not counted as failed before its period. */
    void poll(long nowNs, long containerAgeNs) throws InterruptedException {
        if (nowNs - nextNs < 0) {
            return;
        }
        int periodSeconds = Objects.requireNonNullElse(probe.getPeriodSeconds(), DEFAULT_PERIOD_SECONDS);
        boolean success = run(Objects.requireNonNullElse(probe.getTimeoutSeconds(), 1));
        if (success) {
            failures = 0;
            successes++;
            passing |= successes >= Objects.requireNonNullElse(probe.getSuccessThreshold(), 1);
        } else {
            successes = 0;
            failures = eager && !passing
                    ? (int) Math.min(containerAgeNs / seconds(periodSeconds), Integer.MAX_VALUE)
                    : failures + 1;
            passing &= !hasFailed();
        }
        nextNs = System.nanoTime() + (eager && !passing ? EAGER_PERIOD_NS : seconds(periodSeconds));
    }

    private boolean run(int timeoutSeconds) throws InterruptedException {
        if (probe.getHttpGet() != null) {
            return get(probe.getHttpGet(), timeoutSeconds);
        }
        if (probe.getTcpSocket() != null) {
            return connect(port(probe.getTcpSocket().getPort()), timeoutSeconds);
        }
        int exitCode = exec.run(probe.getExec().getCommand(), timeoutSeconds);
        lastFailure = "command ended with exitCode=" + exitCode;
        return exitCode == 0;
    }

    private boolean get(HTTPGetAction action, int timeoutSeconds) {
        String scheme = action.getScheme() == null ? "http" : action.getScheme().toLowerCase();
        String host = action.getHost() == null ? address : action.getHost();
        String path = action.getPath() == null ? "/" : action.getPath();
        String url = scheme + "://" + host + ":" + port(action.getPort()) + path;
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(url).toURL().openConnection();
            connection.setConnectTimeout(timeoutSeconds * 1000);
            connection.setReadTimeout(timeoutSeconds * 1000);
            if (action.getHttpHeaders() != null) {
                action.getHttpHeaders()
                        .forEach(header -> connection.setRequestProperty(header.getName(), header.getValue()));
            }
            int code = connection.getResponseCode();
            connection.disconnect();
            lastFailure = "url=" + url + " answered status=" + code;
            return code >= 200 && code < 400;
        } catch (IOException e) {
            lastFailure = "url=" + url + ": " + e.getMessage();
            return false;
        }
    }

    private boolean connect(int port, int timeoutSeconds) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), timeoutSeconds * 1000);
            return true;
        } catch (IOException e) {
            lastFailure = "port=" + port + ": " + e.getMessage();
            return false;
        }
    }

    private int port(IntOrString port) {
        if (port.getIntVal() != null) {
            return port.getIntVal();
        }
        return container.getPorts().stream()
                .filter(named -> port.getStrVal().equals(named.getName()))
                .mapToInt(ContainerPort::getContainerPort)
                .findFirst()
                .orElseGet(() -> Integer.parseInt(port.getStrVal()));
    }
}
