package dev.diskcryptnet.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A performance monitoring unit as sysfs describes it (Linux Documentation/ABI/testing/sysfs-bus-event_source-devices-*):
 * {@code type}, {@code cpumask}, {@code format/} and sometimes {@code events/}.
 *
 * @param name directory
 * @param type number for perf_event_open(2)
 * @param cpus on which to open a counter, one for each package
 */
record Pmu(Path directory, String name, int type, List<Integer> cpus) {
    /** @throws IOException when a file is not there or not as described */
    static Pmu of(Path directory) throws IOException {
        return new Pmu(
                directory,
                directory.getFileName().toString(),
                Integer.parseInt(text(directory.resolve("type"))),
                cpuList(text(directory.resolve("cpumask"))));
    }

    /** The configuration of an event that sysfs names, as {@code event=0x04,umask=0x03}. @throws IOException as above */
    long config(String event) throws IOException {
        return encode(text(directory.resolve("events").resolve(event)));
    }

    boolean has(String event) {
        return Files.exists(directory.resolve("events").resolve(event));
    }

    /** Bytes of one count of an event that sysfs names: its scale, which is in MiB. @throws IOException as above */
    double bytesPerCount(String event) throws IOException {
        Path events = directory.resolve("events");
        String unit = text(events.resolve(event + ".unit"));
        if (!unit.equals("MiB")) {
            throw new IOException("pmu=" + name + " event=" + event + " has unit=" + unit + ", not MiB");
        }
        return Double.parseDouble(text(events.resolve(event + ".scale"))) * (1 << 20);
    }

    /**
     * Puts values of fields where {@code format/} says: {@code event=0x0a,rdwrmask=0x1} with {@code config:0-7} and
     * {@code config:8-9} is 0x10a. Bits of a field that is in several places are handed out from the lowest on.
     *
     * @throws IOException when there is no such field, or a value does not fit it
     */
    long encode(String terms) throws IOException {
        long config = 0;
        for (Map.Entry<String, Long> term : parse(terms).entrySet()) {
            String format = format(term.getKey());
            if (!format.startsWith("config:")) {
                throw new IOException("pmu=" + name + " field=" + term.getKey() + " is in " + format);
            }
            long rest = term.getValue();
            for (int bit : cpuList(format.substring("config:".length()))) {
                config |= (rest & 1) << bit;
                rest >>>= 1;
            }
            if (rest != 0) {
                throw new IOException("pmu=" + name + " field=" + term.getKey() + " takes no "
                        + Long.toHexString(term.getValue()) + ", its format is " + format);
            }
        }
        return config;
    }

    /** Where a field is, as {@code config:0-7,32-35}. @throws IOException when there is no such field */
    String format(String field) throws IOException {
        return text(directory.resolve("format").resolve(field));
    }

    private static Map<String, Long> parse(String terms) {
        Map<String, Long> values = new TreeMap<>();
        for (String term : terms.split(",")) {
            String[] parts = term.split("=", 2);
            values.put(parts[0], parts.length == 1 ? 1L : Long.decode(parts[1]));
        }
        return values;
    }

    /** {@code 0-2,7} is 0, 1, 2, 7. */
    private static List<Integer> cpuList(String text) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        try {
            for (String part : text.split(",")) {
                String[] ends = part.split("-");
                for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
                    numbers.add(i);
                }
            }
        } catch (NumberFormatException e) {
            throw new IOException("'" + text + "' is no list of numbers", e);
        }
        return numbers;
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file).strip();
    }
}
