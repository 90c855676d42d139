package dev.diskcryptnet.e2e.guest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The QEMU process of a guest, its files and its two connections. {@code e2e-tests/guest/run} holds it: it ends QEMU and
 * removes namespace and files when this process ends.
 */
final class GuestMachine implements AutoCloseable {
    private static final String PREFIX = "dcn-guest-";
    private static final Pattern OURS = Pattern.compile("(" + PREFIX + "(\\d+)-\\d+).*");
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final long STATE_BYTES = 64L << 20;
    private static final int CONSOLE_BYTES = 4000;
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Set<GuestMachine> RUNNING = ConcurrentHashMap.newKeySet();

    private final String name;
    private final Path directory;
    private final Path console;
    private final Path log;
    private final Process process;
    private final List<JsonNode> events = new CopyOnWriteArrayList<>();
    private final AtomicInteger resets = new AtomicInteger();
    private volatile GuestChannel channel;
    private volatile Qmp qmp;

    private GuestMachine(GuestHardware hardware, GuestFiles files) throws IOException {
        name = PREFIX + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        directory = Files.createDirectory(Path.of(System.getProperty("java.io.tmpdir"), name));
        Path logs = Files.createDirectories(Path.of("target/guest").toAbsolutePath());
        console = logs.resolve(name + ".console");
        log = logs.resolve(name + ".log");
        for (NvmeDrive drive : hardware.drives()) {
            allocate(file(drive.id()), (long) drive.sizeMiB() << 20);
        }
        allocate(file("state"), STATE_BYTES);
        Run.checked("mkfs.ext4", "-q", file("state").toString());
        process = new ProcessBuilder(Stream.concat(
                                Stream.of(GuestFiles.SCRIPTS.resolve("run").toString(), directory.toString(), name),
                                hardware.arguments(files, directory, console).stream())
                        .toList())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        RUNNING.add(this);
    }

    /** Starts QEMU; what runs of this user left behind that were killed together with their watchers goes first. */
    static GuestMachine start(GuestHardware hardware, GuestFiles files) throws IOException {
        removeLeftovers();
        return new GuestMachine(hardware, files);
    }

    /** All that run now. */
    static Set<GuestMachine> running() {
        return Set.copyOf(RUNNING);
    }

    private static void removeLeftovers() throws IOException {
        Run.checked("ip", "netns", "list")
                .lines()
                .map(GuestMachine::leftover)
                .filter(found -> found != null)
                .forEach(found -> Run.checked("ip", "netns", "delete", found));
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            files.map(file -> leftover(file.getFileName().toString()))
                    .filter(found -> found != null)
                    .forEach(found -> Run.checked("rm", "-rf", System.getProperty("java.io.tmpdir") + "/" + found));
        }
    }

    /** The name of a guest whose process has ended, or null. */
    private static String leftover(String line) {
        Matcher matcher = OURS.matcher(line);
        boolean left = matcher.matches() && !Files.exists(Path.of("/proc", matcher.group(2)));
        return left ? matcher.group(1) : null;
    }

    private static void allocate(Path file, long sizeBytes) throws IOException {
        try (var content = new RandomAccessFile(file.toFile(), "rw")) {
            content.setLength(sizeBytes);
        }
    }

    String namespace() {
        return name;
    }

    Path file(String id) {
        return directory.resolve(id);
    }

    GuestChannel channel() {
        return channel;
    }

    Qmp qmp() {
        return qmp;
    }

    int resets() {
        return resets.get();
    }

    /** Connects to QEMU, and waits until the guest takes commands. */
    void connect(Duration limit) throws InterruptedException {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (qmp == null) {
            try {
                qmp = new Qmp(directory.resolve("qmp"), this::onEvent);
                channel = new GuestChannel(directory.resolve("commands"));
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() - deadlineNs > 0) {
                    throw new GuestException("QEMU did not start: " + end(log), e);
                }
                Thread.sleep(POLL);
            }
        }
        join(channel.ready(), limit, "boot");
    }

    private void onEvent(JsonNode event) {
        if (event.get("event").asText().equals("RESET")) {
            resets.incrementAndGet();
            channel.end("the guest was reset");
        }
        events.add(event);
    }

    /**
     * Waits for more resets than {@code before}, and then until the guest takes commands. The firmware resets once more by
     * itself when it finds that it has run before.
     */
    void awaitReset(int before, Duration limit) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        int seen = before;
        while (System.nanoTime() - deadlineNs < 0) {
            if (resets.get() > seen) {
                seen = resets.get();
                channel = new GuestChannel(directory.resolve("commands"));
            }
            if (seen > before && channel.ready().isDone() && seen == resets.get()) {
                join(channel.ready(), limit, "boot");
                return;
            }
            Thread.sleep(POLL);
        }
        throw new GuestException("not back within " + limit.toSeconds() + " s; " + console());
    }

    JsonNode awaitEvent(String wantedName, Predicate<JsonNode> wanted, Duration limit) throws InterruptedException {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (true) {
            for (JsonNode event : events) {
                if (event.get("event").asText().equals(wantedName) && wanted.test(event)) {
                    return event;
                }
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("no event=" + wantedName + " among " + events);
            }
            Thread.sleep(POLL);
        }
    }

    void plug(NvmeDrive drive, String freePort) throws IOException {
        allocate(file(drive.id()), (long) drive.sizeMiB() << 20);
        command("blockdev-add", drive.block(file(drive.id()).toString()));
        drive.devices(GuestHardware.rootPort(freePort)).forEach(device -> command("device_add", device));
    }

    private void command(String execute, Map<String, Object> arguments) {
        qmp.command(GuestHardware.json(Map.of("execute", execute, "arguments", arguments)));
    }

    /** Waits for what the guest is to answer. */
    <T> T join(Future<T> answer, Duration limit, String what) {
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new GuestException(e.getCause().getMessage() + "; " + console(), e.getCause());
        } catch (TimeoutException e) {
            throw new GuestException("no answer within " + limit.toSeconds() + " s to " + what + "; " + console(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GuestException("interrupted while waiting for " + what, e);
        }
    }

    String console() {
        return "console " + console + " ends with:\n" + end(console) + "\n" + end(log);
    }

    /** See {@link EmulatorFault}. */
    Optional<String> emulatorFault() throws IOException {
        return EmulatorFault.of(log, console);
    }

    private static String end(Path file) {
        try (var content = new RandomAccessFile(file.toFile(), "r")) {
            content.seek(Math.max(0, content.length() - CONSOLE_BYTES));
            var bytes = new byte[CONSOLE_BYTES];
            int length = Math.max(0, content.read(bytes));
            return new String(bytes, 0, length, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() {
        RUNNING.remove(this);
        try {
            // The watcher takes the end of its input for the end of this process.
            process.getOutputStream().close();
        } catch (IOException e) {
            process.destroy();
        }
        process.onExit().join();
        if (channel != null) {
            channel.close();
        }
    }
}
