package dev.diskcryptnet.device;

import dev.diskcryptnet.device.Refusal.Rule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What uses a block device: mounts, swap, and whatever is built from it, its partitions and what is built from those,
 * however high. Mounts are seen in this mount namespace only; an exclusive open sees the others.
 */
final class BlockUse {
    private static final String BLOCKS = "/sys/class/block/";
    /** Mount points without which the machine does not start. */
    private static final Set<String> BOOT = Set.of("/", "/boot", "/boot/efi", "/efi", "/usr");
    /** Characters that the kernel writes as octal numbers in mountinfo and swaps. */
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    private final MachineFiles files;
    private final List<Refusal> found = new ArrayList<>();
    private final Set<String> seen = new HashSet<>();

    private BlockUse(MachineFiles files) {
        this.files = files;
    }

    /** All uses of the device {@code name}, for example nvme0n1, the weightiest first; empty when it is free. */
    static List<Refusal> of(MachineFiles files, String name) {
        var use = new BlockUse(files);
        use.look(name, "/dev/" + name);
        use.found.sort((a, b) -> a.rule().compareTo(b.rule()));
        return List.copyOf(use.found);
    }

    /** @param through how the device is reached, for example /dev/nvme0n1p2, held by /dev/dm-0 (vg-root) */
    private void look(String name, String through) {
        if (!seen.add(name)) {
            return;
        }
        mounts(name, through);
        swap(name, through);
        for (String partition : partitions(name)) {
            look(partition, "/dev/" + partition);
        }
        for (String holder : files.list(BLOCKS + name + "/holders")) {
            String what = holder(holder);
            found.add(new Refusal(
                    Rule.HELD,
                    through + " is part of " + what,
                    "take it out of there, or name another disk; it is looked at with: lsblk /dev/" + name));
            look(holder, through + ", part of " + what);
        }
    }

    private List<String> partitions(String name) {
        return files.list(BLOCKS + name).stream()
                .filter(child -> files.exists(BLOCKS + name + "/" + child + "/partition"))
                .toList();
    }

    /** What a device that is built from others is, in words. */
    private String holder(String name) {
        String path = BLOCKS + name;
        Optional<String> level = files.read(path + "/md/level");
        if (level.isPresent()) {
            return "the RAID array /dev/" + name + " (md, " + level.get() + ")";
        }
        Optional<String> mapped = files.read(path + "/dm/name");
        if (mapped.isPresent()) {
            String uuid = files.read(path + "/dm/uuid").orElse("");
            String kind = uuid.startsWith("LVM-")
                    ? "the LVM volume "
                    : uuid.startsWith("CRYPT-") ? "the encrypted volume " : "the mapping ";
            return kind + mapped.get() + " (/dev/" + name + ")";
        }
        return "/dev/" + name;
    }

    private void mounts(String name, String through) {
        String number = files.read(BLOCKS + name + "/dev").orElse("none");
        for (String line : files.lines("/proc/self/mountinfo")) {
            String[] fields = line.split(" ");
            int separator = line.indexOf(" - ");
            if (fields.length < 5 || separator < 0) {
                continue;
            }
            String[] source = line.substring(separator + 3).split(" ");
            // Some file systems (btrfs) have a number of their own; there the source names the device.
            if (fields[2].equals(number) || source.length > 1 && source[1].equals("/dev/" + name)) {
                mounted(through, unescape(fields[4]));
            }
        }
    }

    private void mounted(String through, String where) {
        if (BOOT.contains(where)) {
            found.add(new Refusal(
                    Rule.BOOT_DISK,
                    through + " is mounted at " + where + ": the machine runs from this disk",
                    "name another disk"));
        } else {
            found.add(new Refusal(
                    Rule.MOUNTED,
                    through + " is mounted at " + where,
                    "name another disk; if this one is meant, run: umount " + where));
        }
    }

    private void swap(String name, String through) {
        for (String line : files.lines("/proc/swaps")) {
            if (unescape(line.split("\\s")[0]).equals("/dev/" + name)) {
                found.add(new Refusal(
                        Rule.SWAP,
                        through + " is swap space in use",
                        "name another disk; if this one is meant, run: swapoff /dev/" + name));
            }
        }
    }

    private static String unescape(String text) {
        return OCTAL.matcher(text).replaceAll(match -> Character.toString((char) Integer.parseInt(match.group(1), 8))
                .replace("\\", "\\\\"));
    }
}
