package dev.diskcryptnet.e2e.images;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * A container of an image, run by runc as a kubelet's engine runs it: root that cannot be written, no more capabilities
 * and mounts than are given here.
 */
final class Container implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final Path STATE = Path.of("target/images/runc").toAbsolutePath();

    /** By number, capabilities(7) and linux/capability.h. */
    private static final String[] CAPABILITIES = {
        "CHOWN",
        "DAC_OVERRIDE",
        "DAC_READ_SEARCH",
        "FOWNER",
        "FSETID",
        "KILL",
        "SETGID",
        "SETUID",
        "SETPCAP",
        "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE",
        "NET_BROADCAST",
        "NET_ADMIN",
        "NET_RAW",
        "IPC_LOCK",
        "IPC_OWNER",
        "SYS_MODULE",
        "SYS_RAWIO",
        "SYS_CHROOT",
        "SYS_PTRACE",
        "SYS_PACCT",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_NICE",
        "SYS_RESOURCE",
        "SYS_TIME",
        "SYS_TTY_CONFIG",
        "MKNOD",
        "LEASE",
        "AUDIT_WRITE",
        "AUDIT_CONTROL",
        "SETFCAP",
        "MAC_OVERRIDE",
        "MAC_ADMIN",
        "SYSLOG",
        "WAKE_ALARM",
        "BLOCK_SUSPEND",
        "AUDIT_READ",
        "PERFMON",
        "BPF",
        "CHECKPOINT_RESTORE"
    };

    private final ImageArchive image;
    private final Path bundle;
    private final String id;
    private final ObjectNode config;
    private Process process;

    Container(ImageArchive image) throws IOException {
        this.image = image;
        this.id = "dcn-images-" + ProcessHandle.current().pid() + "-" + NUMBERS.incrementAndGet();
        this.bundle = Files.createDirectories(image.bundle().resolveSibling(id));
        this.config = (ObjectNode) new ObjectMapper()
                .readTree(image.bundle().resolve("config.json").toFile());
        node("process").put("terminal", false).put("noNewPrivileges", true);
        node("root").put("path", image.rootfs().toString()).put("readonly", true);
        node("linux").put("cgroupsPath", "/" + id);
        withCapabilities();
        mount("tmpfs", "tmpfs", "/tmp", "nosuid", "nodev");
    }

    private ObjectNode node(String name) {
        return (ObjectNode) config.get(name);
    }

    /** All that a process in the container may do beyond its user's rights; names without the prefix. */
    Container withCapabilities(String... names) {
        ObjectNode sets = node("process").putObject("capabilities");
        for (String set : List.of("bounding", "effective", "permitted")) {
            ArrayNode array = sets.putArray(set);
            for (String name : names) {
                array.add("CAP_" + name);
            }
        }
        return this;
    }

    /** Confines it by a profile of the machine, as {@code seccompProfile} of type Localhost does. */
    Container withSeccompProfile(Path profile) throws IOException {
        node("linux").set("seccomp", new ObjectMapper().readTree(profile.toFile()));
        return this;
    }

    /** All capabilities that there are to give, all devices of this machine and its sysfs: {@code privileged: true}. */
    Container privileged() throws IOException {
        withCapabilities(ownCapabilities());
        node("process").put("noNewPrivileges", false);
        node("linux")
                .withObject("resources")
                .putArray("devices")
                .addObject()
                .put("allow", true)
                .put("access", "rwm");
        config.get("mounts").forEach(mount -> {
            if (mount.get("type").asText().equals("sysfs")) {
                ArrayNode options = ((ObjectNode) mount).putArray("options");
                List.of("nosuid", "noexec", "nodev").forEach(options::add);
            }
        });
        return withDirectory(Path.of("/dev"), "/dev");
    }

    /** Those of this test, which is root but may itself be in a container. */
    private static String[] ownCapabilities() throws IOException {
        String mask = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("CapEff:"))
                .map(line -> line.substring("CapEff:".length()).strip())
                .findFirst()
                .orElseThrow();
        BitSet own = BitSet.valueOf(new long[] {Long.parseUnsignedLong(mask, 16)});
        return own.stream()
                .filter(number -> number < CAPABILITIES.length)
                .mapToObj(number -> CAPABILITIES[number])
                .toArray(String[]::new);
    }

    /** Shows a directory of this machine, as a hostPath volume does. */
    Container withDirectory(Path host, String inside, String... options) {
        List<String> all = new ArrayList<>(List.of("rbind"));
        all.addAll(List.of(options));
        return mount("bind", host.toString(), inside, all.toArray(String[]::new));
    }

    private Container mount(String type, String source, String inside, String... options) {
        ObjectNode mount = ((ArrayNode) config.get("mounts")).addObject();
        mount.put("type", type).put("source", source).put("destination", inside);
        ArrayNode array = mount.putArray("options");
        List.of(options).forEach(array::add);
        return this;
    }

    /** The network of a namespace made by {@code ip netns}, in place of one of its own. */
    Container inNetwork(String namespace) {
        config.at("/linux/namespaces").forEach(entry -> {
            if (entry.get("type").asText().equals("network")) {
                ((ObjectNode) entry).put("path", "/run/netns/" + namespace);
            }
        });
        return this;
    }

    Container withEnvironment(String assignment) {
        ((ArrayNode) config.at("/process/env")).add(assignment);
        return this;
    }

    /** As {@code args} of a pod: behind the image's entry point. */
    Run.Result run(String... arguments) throws IOException, InterruptedException {
        Path log = startWith(arguments);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("container still runs after 60 s:\n" + Files.readString(log));
        }
        return new Run.Result(process.exitValue(), Files.readString(log));
    }

    /** As {@code command} of a pod: in place of the image's entry point, found by the image's PATH. */
    Run.Result runCommand(String... command) throws IOException, InterruptedException {
        setArguments(List.of(command));
        Path log = start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("container still runs after 60 s:\n" + Files.readString(log));
        }
        return new Run.Result(process.exitValue(), Files.readString(log));
    }

    /** Starts it in the background; returns its log. */
    Path startWith(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        image.config().at("/config/Entrypoint").forEach(word -> command.add(word.asText()));
        command.addAll(List.of(arguments));
        setArguments(command);
        return start();
    }

    private void setArguments(List<String> command) {
        ArrayNode array = node("process").putArray("args");
        command.forEach(array::add);
    }

    private Path start() throws IOException {
        new ObjectMapper().writeValue(bundle.resolve("config.json").toFile(), config);
        Path log = bundle.resolve("log");
        process = new ProcessBuilder("runc", "--root", STATE.toString(), "run", "--bundle", bundle.toString(), id)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return log;
    }

    void await(BooleanSupplier condition, Path log) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            if (!process.isAlive() || System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError(
                        "container not ready, alive=" + process.isAlive() + ":\n" + Files.readString(log));
            }
            Thread.sleep(50);
        }
    }

    /** Runs a command beside the first, as an exec probe or a preStop hook does. */
    Run.Result exec(String... command) {
        List<String> whole = new ArrayList<>(List.of("runc", "--root", STATE.toString(), "exec", id));
        whole.addAll(List.of(command));
        return Run.quietly(whole);
    }

    /** The user that its first process runs as, effective. */
    String userId() throws IOException {
        String state = Run.checked("runc", "--root", STATE.toString(), "state", id);
        String pid = new ObjectMapper().readTree(state).get("pid").asText();
        return Files.readAllLines(Path.of("/proc", pid, "status")).stream()
                .filter(line -> line.startsWith("Uid:"))
                .map(line -> line.split("\\s+")[2])
                .findFirst()
                .orElseThrow();
    }

    /** SIGTERM, as a kubelet sends it; returns the exit status. */
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("the container did not stop within 20 s");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        Run.quietly("runc", "--root", STATE.toString(), "delete", "--force", id);
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
        ImageArchive.delete(bundle);
    }
}
