package dev.diskcryptnet.memory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Memory controllers' own counters, for the whole machine: a counter for each controller, package and direction. */
final class PerfSource implements MemorySource {
    /** Bytes of one transfer between memory and processor: a cache line. */
    private static final int LINE_BYTES = 64;

    /** An event of a PMU. */
    private record Event(Direction direction, long config, double bytesPerCount) {}

    /** What to ask a PMU for. */
    private interface Events {
        List<Event> of(Pmu pmu) throws IOException;
    }

    /** A family of PMUs: name of the source, names of its PMUs, events. */
    private record Family(String name, Pattern pmus, Events events) {}

    /**
     * The first that the machine has is used. Integrated memory controllers of Intel servers count what crosses the channel
     * (CAS commands); their clients' and free-running counters, requests. AMD has unified memory controllers from Zen 4 on
     * (Linux 6.8), and the data fabric before.
     */
    private static final List<Family> FAMILIES = List.of(
            new Family("uncore_imc", Pattern.compile("uncore_imc_\\d+"), named("cas_count_read", "cas_count_write")),
            new Family(
                    "uncore_imc_free_running",
                    Pattern.compile("uncore_imc_free_running(_\\d+)?"),
                    named("data_read", "data_write")),
            new Family("uncore_imc", Pattern.compile("uncore_imc"), named("data_reads", "data_writes")),
            new Family("amd_umc", Pattern.compile("amd_umc_\\d+"), PerfSource::unifiedMemoryController),
            new Family("amd_df", Pattern.compile("amd_df"), PerfSource::dataFabric));

    private static final int DATA_FABRIC_CHANNELS = 8;

    private final String name;
    private final PerfCounters counters;
    private final List<Open> open = new ArrayList<>();

    /** One counter. */
    private record Open(String domain, Event event, int descriptor, long[] best) {}

    private PerfSource(String name, PerfCounters counters) {
        this.name = name;
        this.counters = counters;
    }

    /**
     * Opens the counters of all memory controllers.
     *
     * @param devices {@code /sys/bus/event_source/devices}
     * @throws SourceException when there are none, or the kernel does not give them; nothing is open then
     */
    static PerfSource open(Path devices, PerfCounters counters) throws SourceException {
        for (Family family : FAMILIES) {
            List<Path> pmus = SysFiles.directories(devices, family.pmus);
            if (pmus.isEmpty()) {
                continue;
            }
            var source = new PerfSource(family.name, counters);
            try {
                for (Path pmu : pmus) {
                    source.openAll(Pmu.of(pmu), family.events);
                }
                return source;
            } catch (IOException | SourceException e) {
                source.close();
                throw e instanceof SourceException refused
                        ? refused
                        : new SourceException(family.name + ": " + e.getMessage());
            }
        }
        throw new SourceException("the kernel knows no counters of memory controllers in " + devices
                + "; a virtual machine has none, Intel servers need the module intel_uncore, AMD ones amd_uncore");
    }

    private void openAll(Pmu pmu, Events events) throws IOException, SourceException {
        for (Event event : events.of(pmu)) {
            for (int cpu : pmu.cpus()) {
                int descriptor = counters.open(pmu.type(), event.config, cpu);
                if (descriptor < 0) {
                    throw new SourceException("pmu=" + pmu.name() + " cpu=" + cpu + " cannot be read: "
                            + counters.reason(descriptor)
                            + "; the agent needs CAP_PERFMON, or kernel.perf_event_paranoid=0 or less");
                }
                String domain = pmu.name() + "-cpu" + cpu;
                open.add(new Open(domain, event, descriptor, new long[1]));
            }
        }
    }

    private static Events named(String read, String write) {
        return pmu -> {
            List<Event> events = new ArrayList<>();
            if (pmu.has(read)) {
                events.add(new Event(Direction.READ, pmu.config(read), pmu.bytesPerCount(read)));
                events.add(new Event(Direction.WRITE, pmu.config(write), pmu.bytesPerCount(write)));
            }
            return events;
        };
    }

    /** CAS commands (AMD PPR, UMC performance monitor event 0x0a), reads and writes by mask. */
    private static List<Event> unifiedMemoryController(Pmu pmu) throws IOException {
        return List.of(
                new Event(Direction.READ, pmu.encode("event=0x0a,rdwrmask=0x1"), LINE_BYTES),
                new Event(Direction.WRITE, pmu.encode("event=0x0a,rdwrmask=0x2"), LINE_BYTES));
    }

    /** DRAM channel data (AMD PPR of families 17h and 19h, data fabric event 0x07 of each channel), both ways together. */
    private static List<Event> dataFabric(Pmu pmu) throws IOException {
        if (!pmu.format("umask").equals("config:8-15")) { // Zen 4 has other events there
            throw new IOException("this processor's memory controllers are known to Linux from 6.8 on");
        }
        List<Event> events = new ArrayList<>();
        for (int channel = 0; channel < DATA_FABRIC_CHANNELS; channel++) {
            long config = pmu.encode("event=0x" + Integer.toHexString(0x07 + channel * 0x40) + ",umask=0x38");
            events.add(new Event(Direction.TOTAL, config, LINE_BYTES));
        }
        return events;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scope scope() {
        return Scope.MACHINE;
    }

    @Override
    public List<Reading> read() {
        Map<String, Map<Direction, Long>> sums = new TreeMap<>();
        for (Open counter : open) {
            OptionalLong count = counters.read(counter.descriptor);
            // Brought up for the time that it did not run, it may be a little less than before.
            count.ifPresent(value -> counter.best[0] = Math.max(counter.best[0], value));
            long bytes = (long) (counter.best[0] * counter.event.bytesPerCount);
            sums.computeIfAbsent(counter.domain, any -> new EnumMap<>(Direction.class))
                    .merge(counter.event.direction, bytes, Long::sum);
        }
        return MemorySource.readings(sums);
    }

    @Override
    public void close() {
        open.forEach(counter -> counters.close(counter.descriptor));
        open.clear();
    }
}
