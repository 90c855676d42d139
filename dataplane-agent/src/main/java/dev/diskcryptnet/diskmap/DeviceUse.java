package dev.diskcryptnet.diskmap;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Who uses a device or file at the moment, as /proc and /sys tell. Reads only. */
final class DeviceUse {
    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_BLOCK = 0060000;
    /** Characters that the kernel writes as octal numbers in /proc/self/mountinfo. */
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    private DeviceUse() {}

    /**
     * Names every use of {@code path} and of its partitions: mounts, swap, holders (device mapper, RAID), loop devices,
     * locks.
     *
     * @return empty when it is free, or not there
     */
    static Optional<String> of(Path path) {
        List<String> uses = new ArrayList<>();
        try {
            Path real = path.toRealPath();
            int mode = (int) Files.getAttribute(real, "unix:mode");
            if ((mode & TYPE_MASK) == TYPE_BLOCK) {
                collect(deviceNumber((long) Files.getAttribute(real, "unix:rdev")), uses);
            } else {
                collectFile(real, uses);
            }
        } catch (IOException e) {
            // A path that is not there, or a device that went while it was looked at: what was found so far stands.
        }
        return uses.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", uses));
    }

    /** "major:minor" of a dev_t as the C library packs it. */
    private static String deviceNumber(long device) {
        long major = ((device >>> 8) & 0xfff) | ((device >>> 32) & ~0xfffL);
        long minor = (device & 0xff) | ((device >>> 12) & ~0xffL);
        return major + ":" + minor;
    }

    /** Uses of the block device {@code number}, "major:minor", and of its partitions. */
    private static void collect(String number, List<String> uses) throws IOException {
        Path sysfs = Path.of("/sys/dev/block", number).toRealPath();
        collectOne(number, sysfs, uses);
        try (DirectoryStream<Path> children = Files.newDirectoryStream(sysfs)) {
            for (Path child : children) {
                if (Files.exists(child.resolve("partition"))) {
                    collectOne(Files.readString(child.resolve("dev")).strip(), child, uses);
                }
            }
        }
    }

    private static void collectOne(String number, Path sysfs, List<String> uses) throws IOException {
        String device = "/dev/" + sysfs.getFileName();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            String[] fields = line.split(" ");
            String source = line.substring(line.indexOf(" - ")).split(" ")[3];
            // btrfs mounts have a number of their own; there the source names the device.
            if (fields[2].equals(number) || source.equals(device)) {
                uses.add(device + " is mounted at " + unescape(fields[4]));
            }
        }
        collectSwap(device, uses);
        Path holders = sysfs.resolve("holders");
        if (Files.isDirectory(holders)) {
            try (DirectoryStream<Path> names = Files.newDirectoryStream(holders)) {
                for (Path holder : names) {
                    uses.add(device + " is held by /dev/" + holder.getFileName());
                }
            }
        }
    }

    private static void collectSwap(String path, List<String> uses) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/swaps"))) {
            if (unescape(line.split("\\s")[0]).equals(path)) {
                uses.add(path + " is swap space in use");
            }
        }
    }

    private static void collectFile(Path file, List<String> uses) throws IOException {
        collectSwap(file.toString(), uses);
        collectLoops(file, uses);
        String inode = Files.getAttribute(file, "unix:ino").toString();
        for (String line : Files.readAllLines(Path.of("/proc/locks"))) {
            String[] fields = line.strip().split("\\s+");
            if (fields.length > 5 && fields[1].equals("FLOCK") && fields[5].endsWith(":" + inode)) {
                uses.add(file + " is locked by " + process(fields[4]));
            }
        }
    }

    private static void collectLoops(Path file, List<String> uses) throws IOException {
        try (DirectoryStream<Path> loops = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
            for (Path loop : loops) {
                Path backing = loop.resolve("loop/backing_file");
                if (Files.exists(backing) && Files.readString(backing).strip().equals(file.toString())) {
                    uses.add(file + " is attached to /dev/" + loop.getFileName());
                    collect(Files.readString(loop.resolve("dev")).strip(), uses);
                }
            }
        }
    }

    /**
     * Names the processes that have {@code path} open, as far as this process may see.
     *
     * @return empty when there is none
     */
    static Optional<String> openIn(Path path) {
        List<String> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            Path real = path.toRealPath();
            for (Path process : processes) {
                if (hasOpen(process.resolve("fd"), real)) {
                    found.add(process(process.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(path + " is open in " + String.join(", ", found));
    }

    private static boolean hasOpen(Path descriptors, Path real) {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(descriptors)) {
            for (Path link : links) {
                if (Files.readSymbolicLink(link).equals(real)) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // The process ended, closed the descriptor, or is not ours to look into.
            return false;
        }
        return false;
    }

    private static String process(String pid) {
        if (pid.equals(Long.toString(ProcessHandle.current().pid()))) {
            return "this process";
        }
        try {
            return "pid=" + pid + " "
                    + Files.readString(Path.of("/proc", pid, "comm")).strip();
        } catch (IOException e) {
            return "pid=" + pid;
        }
    }

    private static String unescape(String text) {
        return OCTAL.matcher(text).replaceAll(match -> Character.toString((char) Integer.parseInt(match.group(1), 8))
                .replace("\\", "\\\\"));
    }
}
