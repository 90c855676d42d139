package dev.diskcryptnet.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A processor's last-level cache, as sysfs has it (Documentation/ABI/testing/sysfs-devices-system-cpu: {@code
 * cpuN/cache/indexM} with {@code level}, {@code size} and {@code shared_cpu_list}).
 *
 * @param sizeBytes of the whole cache
 * @param sharedBy processors that share it, in the kernel's list syntax: the same text for the same cache
 */
public record LastLevelCache(long sizeBytes, String sharedBy) {
    /** Where processors are on a running machine. */
    public static final Path PROCESSORS = Path.of("/sys/devices/system/cpu");

    private static final Pattern INDEX = Pattern.compile("index\\d+");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([KMG]?)");
    private static final int FIRST_SHARED_LEVEL = 2;

    /** The highest level of the processor's caches, from the second on; null when the kernel does not say. */
    public static LastLevelCache of(Path processors, int cpu) {
        LastLevelCache best = null;
        long bestLevel = FIRST_SHARED_LEVEL - 1;
        for (Path index : SysFiles.directories(processors.resolve("cpu" + cpu + "/cache"), INDEX)) {
            OptionalLong level = SysFiles.number(index.resolve("level"));
            if (level.isPresent() && level.getAsLong() > bestLevel) {
                LastLevelCache found = read(index);
                if (found != null) {
                    best = found;
                    bestLevel = level.getAsLong();
                }
            }
        }
        return best;
    }

    private static LastLevelCache read(Path index) {
        try {
            Matcher size = SIZE.matcher(Files.readString(index.resolve("size")).strip());
            String shared = Files.readString(index.resolve("shared_cpu_list")).strip();
            return size.matches() ? new LastLevelCache(bytes(size), shared) : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static long bytes(Matcher size) {
        int shift =
                switch (size.group(2)) {
                    case "K" -> 10;
                    case "M" -> 20;
                    case "G" -> 30;
                    default -> 0;
                };
        return Long.parseLong(size.group(1)) << shift;
    }
}
