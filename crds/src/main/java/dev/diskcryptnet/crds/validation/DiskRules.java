package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.DiskDriver;
import dev.diskcryptnet.crds.DiskSpec;
import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.Patterns;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/** The rules of {@code disks}. */
final class DiskRules {
    private static final Pattern STEP_BACK = Pattern.compile(Patterns.PATH_STEP_BACK);

    private DiskRules() {}

    static void check(Problems problems, List<DiskSpec> disks) {
        problems.each("disks", disks, Limits.MAX_DISKS, (path, disk) -> checkDisk(problems, path, disk));
        if (disks == null) {
            return;
        }
        List<DiskSpec> given = disks.stream().filter(Objects::nonNull).toList();
        problems.distinct(
                "disks",
                given.stream().filter(disk -> disk.pciAddress != null).map(disk -> "pciAddress " + disk.pciAddress));
        problems.distinct(
                "disks", given.stream().filter(disk -> disk.path != null).map(disk -> "path " + disk.path));
    }

    private static void checkDisk(Problems problems, String path, DiskSpec disk) {
        if ((disk.pciAddress == null) == (disk.path == null)) {
            problems.add(path, " must have exactly one of pciAddress and path; write one and remove the other");
            return;
        }
        problems.syntax(
                path + ".pciAddress",
                disk.pciAddress,
                Patterns.PCI_ADDRESS,
                Limits.MAX_PCI_ADDRESS_LENGTH,
                "is not a PCI address; write it in lower case as lspci -D does, for example 0000:3b:00.0");
        checkPath(problems, path + ".path", disk.path);
        checkDriver(problems, path + ".driver", disk);
        if (Boolean.FALSE.equals(disk.direct) && disk.pciAddress != null) {
            problems.add(
                    path + ".direct",
                    "=false goes with path only; remove direct, a disk given by pciAddress has no page cache");
        }
    }

    private static void checkPath(Problems problems, String path, String text) {
        if (text == null) {
            return;
        }
        if (!text.startsWith("/")) {
            problems.add(path, " is '" + text + "'; write an absolute path");
        } else if (text.length() > Limits.MAX_PATH_LENGTH) {
            problems.add(path, " has " + text.length() + " characters; write at most " + Limits.MAX_PATH_LENGTH);
        } else if (!Pattern.matches(Patterns.PATH, text)
                || STEP_BACK.matcher(text).find()) {
            problems.add(
                    path,
                    " is '" + text + "'; write it of letters, digits and - . _ @ + = , : with no empty, . or .. step");
        }
    }

    private static void checkDriver(Problems problems, String path, DiskSpec disk) {
        if (disk.driver == null) {
            return;
        }
        String driver = "=" + disk.driver.name().toLowerCase(Locale.ROOT);
        if (disk.path != null && disk.driver != DiskDriver.URING) {
            problems.add(
                    path,
                    driver + " does not suit a disk given by path; leave driver out, or give the disk's pciAddress");
        } else if (disk.pciAddress != null && disk.driver == DiskDriver.URING) {
            problems.add(
                    path,
                    driver + " does not suit a disk given by pciAddress; write vfio or passthru, or give the block"
                            + " device's path");
        }
    }
}
