package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Two interfaces joined back to back, without addresses, so that the kernel takes no part. Gone after close. */
public final class VethPair implements AutoCloseable {
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final String near;
    private final String far;

    private VethPair(String near, String far) {
        this.near = near;
        this.far = far;
    }

    /** Makes a pair, or skips the test where that takes rights that we do not have. */
    public static VethPair create() {
        return create(1);
    }

    /** The same, each with so many queues for sending and for receiving. */
    static VethPair create(int queues) {
        assumeTrue(isRoot(), "needs root to make interfaces");
        String stem = "dcn" + ProcessHandle.current().pid() % 1_000_000 + "x" + NEXT.getAndIncrement();
        VethPair pair = new VethPair(stem + "a", stem + "b");
        String shape = " numtxqueues " + queues + " numrxqueues " + queues;
        run(("ip link add " + pair.near + shape + " type veth peer name " + pair.far + shape).split(" "));
        for (String name : new String[] {pair.near, pair.far}) {
            run("sysctl", "-qw", "net.ipv6.conf." + name + ".disable_ipv6=1");
            run("ip", "link", "set", name, "up");
        }
        return pair;
    }

    private static boolean isRoot() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        } catch (IOException e) {
            throw new IllegalStateException("/proc/self", e);
        }
    }

    public String near() {
        return near;
    }

    public String far() {
        return far;
    }

    /** What a port notes, but for what an older kernel lacks: tests run on those too. */
    static List<String> notesOnAnyKernel(Port port) {
        return port.notes().stream().filter(note -> !note.contains("Linux 6.6")).toList();
    }

    void set(String name, String state) {
        run("ip", "link", "set", name, state);
    }

    /** Moves the far interface into a network namespace of its own, and up again there. */
    Namespace moveFar() {
        var namespace = new Namespace("dcn-" + far);
        run("ip", "netns", "add", namespace.name);
        run("ip", "link", "set", far, "netns", namespace.name);
        namespace.run("ip", "link", "set", far, "up");
        return namespace;
    }

    /** A network namespace, gone after close with what is in it. */
    record Namespace(String name) implements AutoCloseable {
        void run(String... command) {
            List<String> inside = new ArrayList<>(List.of("ip", "netns", "exec", name));
            inside.addAll(List.of(command));
            VethPair.run(inside.toArray(String[]::new));
        }

        @Override
        public void close() {
            VethPair.run("ip", "netns", "delete", name);
        }
    }

    /** Runs {@code command}, or skips the test when it fails: a kernel module or a program is missing. */
    static void runOrSkip(String... command) {
        try {
            run(command);
        } catch (IllegalStateException e) {
            assumeTrue(false, e.getMessage());
        }
    }

    static void run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes());
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + output);
            }
        } catch (IOException e) {
            throw new IllegalStateException(String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (Files.exists(Path.of("/sys/class/net", near))) { // else it went with the namespace of the far one
            run("ip", "link", "delete", near);
        }
    }
}
