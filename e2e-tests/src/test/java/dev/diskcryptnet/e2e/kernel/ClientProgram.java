package dev.diskcryptnet.e2e.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A class of these tests that runs as a process of its own on the client's host, told what to do by lines and answering
 * by lines.
 */
final class ClientProgram implements AutoCloseable {
    /** What {@link #lines} ends with; compared by identity. */
    private static final String END = new String("end of output");

    private final String name;
    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private ClientProgram(String name, Process process) {
        this.name = name;
        this.process = process;
        Thread.ofVirtual().start(this::read);
    }

    static ClientProgram start(TestBed bed, Class<?> program, Object... arguments) throws IOException {
        return start(bed, List.of(), program, arguments);
    }

    /** @param jvmOptions further options of the JVM */
    static ClientProgram start(TestBed bed, List<String> jvmOptions, Class<?> program, Object... arguments)
            throws IOException {
        return start(bed, List.of(), jvmOptions, program, arguments);
    }

    /** Starts it on one processor. */
    static ClientProgram startOn(int cpu, TestBed bed, Class<?> program, Object... arguments) throws IOException {
        return start(bed, List.of("taskset", "-c", Integer.toString(cpu)), List.of(), program, arguments);
    }

    private static ClientProgram start(
            TestBed bed, List<String> starter, List<String> jvmOptions, Class<?> program, Object... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(starter);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Path.of("target/test-classes").toAbsolutePath().toString()));
        command.addAll(jvmOptions);
        command.add(program.getName());
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Process process = new ProcessBuilder(bed.onClient(command.toArray(String[]::new)))
                .redirectErrorStream(true)
                .start();
        return new ClientProgram(program.getSimpleName(), process);
    }

    private void read() {
        try (var in = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            in.lines().forEach(lines::add);
        } catch (IOException | UncheckedIOException e) {
            lines.add("output broke: " + e);
        }
        lines.add(END);
    }

    /** Waits for a line that starts with {@code prefix}; others go to the test's output. */
    String await(String prefix, Duration limit) throws InterruptedException {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (true) {
            String line = lines.poll(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (line == null || line == END) {
                throw new AssertionError(
                        name + " printed no line " + prefix + " within " + limit + ", alive=" + process.isAlive());
            }
            if (line.startsWith(prefix)) {
                return line;
            }
            System.out.println(name + ": " + line);
        }
    }

    /** Sends a line, and returns the answer that starts with {@code answerPrefix}. */
    String ask(String line, String answerPrefix, Duration limit) throws IOException, InterruptedException {
        tell(line);
        return await(answerPrefix, limit);
    }

    /** Sends a line. */
    void tell(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** The figure {@code name=} of a line. */
    static long figure(String line, String name) {
        for (String word : line.split(" ")) {
            if (word.startsWith(name + "=")) {
                return Long.parseLong(word.substring(name.length() + 1));
            }
        }
        throw new AssertionError("no " + name + " in: " + line);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
