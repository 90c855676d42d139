package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A running agent, and what it wrote to its log. */
final class AgentProcess {
    private final Process process;
    private final Path log;
    private boolean killed;

    AgentProcess(List<String> command, Path log) throws IOException {
        this.log = log;
        this.process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    void awaitReady(BooleanSupplier ready, Duration limit) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (!ready.getAsBoolean()) {
            if (!process.isAlive() || System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("agent not ready, alive=" + process.isAlive() + ":\n" + log());
            }
            Thread.sleep(50);
        }
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Resident memory in bytes. */
    long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }

    /** Processor time used so far, user and system. */
    Duration cpuTime() {
        return process.toHandle().info().totalCpuDuration().orElseThrow();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** SIGTERM; returns the exit code. */
    int stop() throws InterruptedException {
        terminate();
        return awaitEnd();
    }

    /** Waits for what a signal brought about; returns the exit code. */
    int awaitEnd() throws InterruptedException {
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("the agent did not stop within 20 s");
        }
        return process.exitValue();
    }

    /** SIGKILL. An agent that has ended by itself by then, and not as it should, shows its log. */
    void kill() {
        if (!process.isAlive() && process.exitValue() != 0 && !killed) {
            try {
                System.out.println("exitCode=" + process.exitValue() + " of an agent that nobody ended:\n" + log());
            } catch (IOException e) {
                System.out.println("exitCode=" + process.exitValue() + ", its log cannot be read: " + e);
            }
        }
        killed = true;
        process.destroyForcibly();
        process.onExit().join();
    }
}
