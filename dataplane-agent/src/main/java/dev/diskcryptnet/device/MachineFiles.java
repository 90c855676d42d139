package dev.diskcryptnet.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * sysfs, procfs and /dev below a directory, the root of the file system on a real machine. Paths are the machine's own,
 * for example {@code /sys/bus/pci/devices}; whatever is not there, or cannot be read, reads as absent.
 */
public class MachineFiles {
    private final Path root;

    /** @param root directory that stands for {@code /} */
    public MachineFiles(Path root) {
        this.root = root;
    }

    /** This machine's. */
    public static MachineFiles ofThisMachine() {
        return new MachineFiles(Path.of("/"));
    }

    /** Where a path of the machine lies for this process. */
    public final Path at(String path) {
        return root.resolve(path.substring(1));
    }

    /** Whether it is there. */
    public final boolean exists(String path) {
        return Files.exists(at(path));
    }

    /** The text of a file without white space around it. */
    public final Optional<String> read(String path) {
        try {
            return Optional.of(Files.readString(at(path)).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The lines of a file; none when it is absent. */
    public final List<String> lines(String path) {
        return read(path).map(text -> text.lines().toList()).orElse(List.of());
    }

    /** Names in a directory, sorted; none when it is absent. */
    public final List<String> list(String path) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(at(path))) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        } catch (IOException | DirectoryIteratorException e) {
            return List.of();
        }
        names.sort(null);
        return names;
    }

    /** The last name of what a symbolic link points to: how sysfs says driver, group and parent. */
    public final Optional<String> linkName(String path) {
        return link(path).map(target -> Path.of(target).getFileName()).map(Path::toString);
    }

    /** What a symbolic link says. */
    public final Optional<String> link(String path) {
        try {
            return Optional.of(Files.readSymbolicLink(at(path)).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The path without symbolic links, as the machine's own. */
    public final Optional<String> real(String path) {
        try {
            Path real = at(path).toRealPath();
            return Optional.of("/" + root.toRealPath().relativize(real));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** A process that has {@code device} open, as far as this process may see. */
    public final Optional<String> processHolding(String device) {
        Path wanted = at(device);
        for (String pid : list("/proc")) {
            if (Character.isDigit(pid.charAt(0)) && hasOpen(pid, wanted)) {
                return Optional.of("pid=" + pid
                        + read("/proc/" + pid + "/comm").map(name -> " " + name).orElse(""));
            }
        }
        return Optional.empty();
    }

    private boolean hasOpen(String pid, Path wanted) {
        String descriptors = "/proc/" + pid + "/fd";
        return list(descriptors).stream().anyMatch(descriptor -> link(descriptors + "/" + descriptor)
                .filter(target ->
                        at(target.startsWith("/") ? target : "/" + target).equals(wanted))
                .isPresent());
    }

    /**
     * Writes to a file of sysfs, in one call, as the kernel wants it; returns when the kernel has done what was asked.
     *
     * @throws HostException when the file is not there or the kernel refuses
     */
    public void write(String path, String value) {
        try (FileChannel channel = FileChannel.open(at(path), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            String reason =
                    Files.exists(at(path), LinkOption.NOFOLLOW_LINKS) ? e.getMessage() : "there is no such file";
            throw new HostException(
                    "file=" + path + " does not take value=" + value.strip() + ": " + reason
                            + "; sysfs must be writable (privileged: true), and dmesg may say more",
                    e);
        }
    }

    /**
     * Loads a module of the kernel with modprobe(8).
     *
     * @return empty when it is loaded now, else why not
     */
    public Optional<String> loadModule(String module) {
        try {
            Process process = new ProcessBuilder("modprobe", "--", module)
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? Optional.empty() : Optional.of(output);
        } catch (IOException e) {
            return Optional.of("modprobe cannot be run here");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("interrupted");
        }
    }
}
