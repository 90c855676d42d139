package dev.diskcryptnet.agent;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.HotDisk;
import dev.diskcryptnet.diskmap.KernelDevice;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.ffi.NativeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** The {@code --disk} option of all volume commands, and the opening of what it names. */
final class DiskOptions {
    private static final int EBUSY = 16;
    private static final Pattern SCHEME = Pattern.compile("[a-z]+:.*");

    @Option(
            names = {"-d", "--disk"},
            required = true,
            paramLabel = "DISK",
            description =
                    "A disk of the volume: the path of a block device or file, or a URI such as uring:/dev/nvme0n1. "
                            + "Give it once for each disk.")
    List<String> names = new ArrayList<>();

    /** The disks as URIs, in the order given. */
    List<String> uris() {
        List<String> uris = names.stream().map(DiskOptions::uri).toList();
        Set<String> seen = new HashSet<>();
        for (String uri : uris) {
            if (!seen.add(uri)) {
                throw new CommandException(ExitCode.USAGE, "disk=" + uri + " is given twice; give it once");
            }
        }
        return uris;
    }

    /** Opens every disk; each goes onto {@code opened} as soon as it is open. */
    List<Disk> open(OpenMode mode, ReleaseStack opened) {
        List<String> uris = uris();
        checkExist(uris);
        return open(uris, mode, opened);
    }

    /** Opens {@code uris}; each goes onto {@code opened} as soon as it is open. */
    static List<Disk> open(List<String> uris, OpenMode mode, ReleaseStack opened) {
        List<Disk> disks = new ArrayList<>();
        for (String uri : uris) {
            disks.add(opened.add("disk " + uri, open(uri, mode)));
        }
        return disks;
    }

    /** Opens {@code uris} for writing, as disks that may go and come back; each goes onto {@code opened} at once. */
    static List<HotDisk> openHot(List<String> uris, ReleaseStack opened) {
        List<HotDisk> disks = new ArrayList<>();
        for (String uri : uris) {
            disks.add(opened.add("disk " + uri, new HotDisk(open(uri, OpenMode.READ_WRITE))));
        }
        return disks;
    }

    static Disk open(String uri, OpenMode mode) {
        try {
            return Disks.open(uri, mode);
        } catch (NativeException e) {
            int exitCode = e.errno() == EBUSY ? ExitCode.REFUSED : ExitCode.FAILED;
            throw new CommandException(exitCode, Reason.DeviceFailed, device(uri), e.getMessage(), e);
        }
    }

    /** Says which disk is missing before any is touched. */
    static void checkExist(List<String> uris) {
        for (String uri : uris) {
            Path file = file(uri);
            if (file != null && !Files.exists(file)) {
                throw new CommandException(
                        ExitCode.FAILED,
                        Reason.DeviceMissing,
                        device(uri),
                        "disk=" + uri
                                + " does not exist; check the path, or make a file with volume format --create SIZE",
                        null);
            }
        }
    }

    private static String device(String uri) {
        Path file = file(uri);
        return file == null ? uri : file.toString();
    }

    /** The file or device node that the disk's driver opens, or null when it opens none. */
    static Path file(String uri) {
        return KernelDevice.node(uri).orElse(null);
    }

    private static String uri(String name) {
        return SCHEME.matcher(name).matches()
                ? name
                : "uring:" + Path.of(name).toAbsolutePath().normalize();
    }
}
