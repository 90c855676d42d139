package dev.diskcryptnet.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** A machine's sysfs and resctrl, laid out as the kernel's documentation has them, and its counters. */
final class Machine {
    final Path resctrl;
    final Path pmus;
    final Path tasks;
    final Perf perf = new Perf();

    Machine(Path root) {
        resctrl = root.resolve("resctrl");
        pmus = root.resolve("devices");
        tasks = root.resolve("task");
        write(tasks.resolve("100/comm"), "java");
        write(tasks.resolve("101/comm"), "worker");
    }

    static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** resctrl with bandwidth monitoring and these L3 domains. */
    Machine withResctrl(int... domains) {
        write(resctrl.resolve("info/L3_MON/mon_features"), "llc_occupancy\nmbm_total_bytes\nmbm_local_bytes");
        write(resctrl.resolve("info/L3_MON/num_rmids"), "176");
        try {
            Files.createDirectories(resctrl.resolve("mon_groups"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int domain : domains) {
            moved("", domain, "0", "0");
        }
        return this;
    }

    /** @param group "" for the root group, else "mon_groups/NAME" or a control group's name */
    void moved(String group, int domain, String total, String local) {
        Path directory = resctrl.resolve(group).resolve("mon_data").resolve("mon_L3_%02d".formatted(domain));
        write(directory.resolve("llc_occupancy"), "4096");
        write(directory.resolve("mbm_total_bytes"), total);
        write(directory.resolve("mbm_local_bytes"), local);
    }

    Machine withPmu(String name, int type, String cpumask, Map<String, String> files) {
        write(pmus.resolve(name).resolve("type"), Integer.toString(type));
        write(pmus.resolve(name).resolve("cpumask"), cpumask);
        files.forEach((file, text) -> write(pmus.resolve(name).resolve(file), text));
        return this;
    }

    /** The integrated memory controllers of an Intel server (uncore_imc_0 ...), as Linux 6 shows them. */
    Machine withIntelControllers(int count, String cpumask) {
        for (int i = 0; i < count; i++) {
            withPmu(
                    "uncore_imc_" + i,
                    20 + i,
                    cpumask,
                    Map.of(
                            "format/event", "config:0-7",
                            "format/umask", "config:8-15",
                            "events/cas_count_read", "event=0x04,umask=0x03",
                            "events/cas_count_read.scale", "6.103515625e-5",
                            "events/cas_count_read.unit", "MiB",
                            "events/cas_count_write", "event=0x04,umask=0x0c",
                            "events/cas_count_write.scale", "6.103515625e-5",
                            "events/cas_count_write.unit", "MiB"));
        }
        return this;
    }

    MemoryBandwidth open(long[] sent, long[] clockNs) {
        return MemoryBandwidth.open(resctrl, pmus, tasks, perf, "dcn-test", () -> sent[0], () -> clockNs[0]);
    }

    /** Counters by what they were opened for. */
    static final class Perf implements PerfCounters {
        /** {@code type/config/cpu}, in the order of opening; the place is the descriptor. */
        final List<String> opened = new ArrayList<>();

        final Map<Integer, OptionalLong> counts = new HashMap<>();
        final List<Integer> closed = new ArrayList<>();
        int refusal;
        int refuseFrom = Integer.MAX_VALUE;

        @Override
        public int open(int type, long config, int cpu) {
            if (opened.size() >= refuseFrom) {
                return refusal;
            }
            opened.add(type + "/0x" + Long.toHexString(config) + "/" + cpu);
            return opened.size() - 1;
        }

        @Override
        public OptionalLong read(int descriptor) {
            return counts.getOrDefault(descriptor, OptionalLong.of(0));
        }

        @Override
        public void close(int descriptor) {
            closed.add(descriptor);
        }
    }
}
