package dev.diskcryptnet.e2e.observe;

import dev.diskcryptnet.e2e.onemachine.OneMachineException;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Debian's Prometheus and promtool: those that are installed, else the package downloaded from where this machine's apt
 * gets its own, once, and unpacked below {@code /var/cache/dcn} ({@code DCN_CACHE} names another place). It is not installed:
 * an installed one is a daemon that starts at boot.
 *
 * <p>Both need nothing of the packages that Debian's depends on but libc. Callers on other threads and in other processes
 * wait for who is downloading.
 */
public final class PrometheusPackage {
    private static final String NAME = "prometheus";
    private static final Path INSTALLED = Path.of("/usr/bin");

    private PrometheusPackage() {}

    /**
     * The server's program.
     *
     * @throws OneMachineException when it cannot be had
     */
    public static Path prometheus() {
        return program("prometheus");
    }

    /**
     * The program that checks metrics, configurations and rules.
     *
     * @throws OneMachineException when it cannot be had
     */
    public static Path promtool() {
        return program("promtool");
    }

    private static Path program(String name) {
        Path installed = INSTALLED.resolve(name);
        return Files.isExecutable(installed)
                ? installed
                : unpacked().resolve("usr/bin").resolve(name);
    }

    private static synchronized Path unpacked() {
        Path cache = Path.of(System.getenv().getOrDefault("DCN_CACHE", "/var/cache/dcn"));
        Path place = cache.resolve(NAME);
        try {
            Files.createDirectories(cache);
            try (FileChannel channel = FileChannel.open(
                            cache.resolve(NAME + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                // What is there is whole, as it is moved there when it is done.
                if (!Files.exists(place)) {
                    unpack(cache, place);
                }
            }
        } catch (IOException e) {
            throw new OneMachineException("DCN_CACHE: " + cache + " cannot be written: " + e);
        }
        return place;
    }

    private static void unpack(Path cache, Path place) throws IOException {
        Path work = cache.resolve(NAME + ".work");
        delete(work);
        Path archives = Files.createDirectories(work.resolve("archives"));
        download(archives);
        Path tree = work.resolve("tree");
        try (Stream<Path> files = Files.list(archives)) {
            String archive = files.findFirst().orElseThrow().toString();
            Run.checked("dpkg-deb", "--extract", archive, tree.toString());
        }
        Files.move(tree, place, StandardCopyOption.ATOMIC_MOVE);
        delete(work);
    }

    /** A machine that has just been installed knows no package, and one that has run for long knows some that are gone. */
    private static void download(Path directory) {
        Run.Result first = aptGet(directory);
        if (first.ok()) {
            return;
        }
        Run.Result lists = Run.quietly("apt-get", "--quiet=2", "update");
        Run.Result second = aptGet(directory);
        if (!second.ok()) {
            throw new OneMachineException("apt could not download package=" + NAME + ": "
                    + (second.output() + lists.output()).strip()
                    + "; without a network, install it or put its .deb's tree into the directory that DCN_CACHE names");
        }
    }

    /** apt-get downloads to where it runs. */
    private static Run.Result aptGet(Path directory) {
        return Run.quietly(
                "env",
                "--chdir",
                directory.toString(),
                "apt-get",
                "--option",
                "APT::Sandbox::User=root",
                "--quiet=2",
                "download",
                NAME);
    }

    private static void delete(Path tree) {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
