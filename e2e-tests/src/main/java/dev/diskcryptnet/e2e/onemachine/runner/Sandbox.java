package dev.diskcryptnet.e2e.onemachine.runner;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a container's process lives: the network namespace of its machine, and a mount namespace of its own with a root
 * directory made of this computer's directories and the container's volumes. Nothing of it is seen outside, and all of
 * it is gone with the last process in it. It keeps paths apart, not programs: what runs there is root on this machine.
 *
 * <p>A volume may be wanted below a directory that has no such entry, as {@code /etc/dcn/agent} is. That directory is
 * then made anew in memory, with links to what the real one holds, which {@code /.host} still shows.
 */
final class Sandbox {
    /** What is seen where; read-only or not. */
    record Mount(Path source, Path target, boolean readOnly) {}

    private static final String HOST = "/.host";

    private final Path root;
    private final List<Mount> mounts;
    private final List<Path> outer;
    private final StringBuilder script = new StringBuilder();

    private Sandbox(Path root, List<Mount> mounts) {
        this.root = root;
        this.mounts = mounts.stream()
                .sorted(Comparator.comparingInt(mount -> mount.target().getNameCount()))
                .toList();
        // What is mounted within another mount finds its place there.
        this.outer = this.mounts.stream()
                .map(Mount::target)
                .filter(target -> this.mounts.stream()
                        .noneMatch(other -> !other.target().equals(target) && target.startsWith(other.target())))
                .toList();
    }

    /**
     * Writes the script that starts a process.
     *
     * @param directory of the container; the script and the place of the root are made in it
     * @param workingDirectory as the process sees it
     * @return the command that runs it in a network namespace; the process keeps its id, and leads a session of its own
     */
    static List<String> prepare(
            Path directory,
            String netns,
            List<Mount> mounts,
            Map<String, String> environment,
            String workingDirectory,
            List<String> command)
            throws IOException {
        Path root = Files.createDirectories(directory.resolve("root"));
        var sandbox = new Sandbox(root, mounts);
        Path file = directory.resolve("start.sh");
        Files.writeString(file, sandbox.script(inside(environment, workingDirectory, command)));
        return List.of("setsid", "ip", "netns", "exec", netns, "sh", file.toString());
    }

    /** Where a file of this computer is seen in every sandbox. */
    static String seenAt(Path file) {
        return HOST + file.toAbsolutePath();
    }

    /** The command that runs a program in the sandbox of a process. */
    static List<String> enter(
            long pid, Map<String, String> environment, String workingDirectory, List<String> command) {
        List<String> whole =
                new ArrayList<>(List.of("nsenter", "--target", Long.toString(pid), "--mount", "--net", "--root", "--"));
        whole.addAll(inside(environment, workingDirectory, command));
        return whole;
    }

    private static List<String> inside(Map<String, String> environment, String workingDirectory, List<String> command) {
        List<String> whole = new ArrayList<>(List.of("env", "-i", "--chdir=" + workingDirectory));
        environment.forEach((name, value) -> whole.add(name + "=" + value));
        whole.addAll(command);
        return whole;
    }

    private String script(List<String> inside) throws IOException {
        line("#!/bin/sh");
        line("set -e");
        line("mount -t tmpfs -o mode=0755 dcn-pod " + quoted(root));
        line("mkdir " + at(HOST) + " && mount --rbind / " + at(HOST));
        for (Path entry : list(Path.of("/"))) {
            if (Files.isSymbolicLink(entry)) {
                line("ln -s " + quoted(Files.readSymbolicLink(entry)) + " " + at(entry));
            } else if (Files.isDirectory(entry)) {
                show(entry);
            }
        }
        for (Mount mount : mounts) {
            mount(mount);
        }
        line("exec chroot " + quoted(root) + " "
                + inside.stream().map(Sandbox::quoted).collect(Collectors.joining(" ")));
        return script.toString();
    }

    /** The directory as it is, unless a mount is wanted in a place that it does not have. */
    private void show(Path directory) throws IOException {
        line("mkdir -p " + at(directory));
        if (outer.stream().noneMatch(target -> target.startsWith(directory) && !Files.exists(target))) {
            line("mount --rbind " + quoted(directory) + " " + at(directory));
            return;
        }
        StringBuilder links = new StringBuilder();
        for (Path entry : list(directory)) {
            boolean onTheWay = outer.stream().anyMatch(target -> target.startsWith(entry));
            if (onTheWay && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                show(entry);
            } else if (!onTheWay) {
                links.append(' ').append(quoted(Path.of(HOST + entry)));
            }
        }
        if (!links.isEmpty()) {
            line("ln -s -t " + at(directory) + links);
        }
    }

    private void mount(Mount mount) {
        String place = at(mount.target());
        if (Files.isDirectory(mount.source())) {
            line("[ -d " + place + " ] || mkdir -p " + place);
        } else {
            line("[ -e " + place + " ] || { mkdir -p " + at(mount.target().getParent()) + " && : >" + place + "; }");
        }
        line("mount --rbind " + quoted(mount.source()) + " " + place);
        if (mount.readOnly()) {
            line("mount -o remount,bind,ro " + place);
        }
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.sorted().toList();
        }
    }

    private String at(Object path) {
        return quoted(root.toString() + path);
    }

    private static String quoted(Object word) {
        return "'" + word.toString().replace("'", "'\\''") + "'";
    }

    private void line(String line) {
        script.append(line).append('\n');
    }
}
