package dev.diskcryptnet.memory;

import dev.diskcryptnet.memory.MemorySource.Direction;
import dev.diskcryptnet.memory.MemorySource.Reading;
import dev.diskcryptnet.memory.MemorySource.Scope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** All counters of memory traffic that this machine gives, and what they say of each byte sent. Thread-safe. */
public final class MemoryBandwidth implements AutoCloseable {
    /** The ratio is of the traffic of at least that long. */
    private static final long RATIO_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);
    /** Less than that sent in the interval says nothing. */
    private static final long MIN_SENT_BYTES = 1 << 20;

    private static final Path RESCTRL = Path.of("/sys/fs/resctrl");
    private static final Path PMUS = Path.of("/sys/bus/event_source/devices");
    private static final Path TASKS = Path.of("/proc/self/task");

    private final List<MemorySource> sources;
    private final List<String> missing;
    private final LongSupplier sentBytes;
    private final LongSupplier clockNs;
    private long intervalNs;
    private long intervalSent;
    private long intervalMoved;
    private Double ratio;

    /** A reading and where it is from. */
    public record Sample(String source, Scope scope, Reading reading) {}

    /** A way to have a source. */
    private interface Opening {
        MemorySource open() throws SourceException;
    }

    /**
     * @param sources in use, the best one to compare with what was sent first
     * @param missing why there are no others
     * @param sentBytes bytes that the agent's ports have sent, for the ratio
     * @param clockNs as {@link System#nanoTime}
     */
    public MemoryBandwidth(
            List<MemorySource> sources, List<String> missing, LongSupplier sentBytes, LongSupplier clockNs) {
        this.sources = sources;
        this.missing = missing;
        this.sentBytes = sentBytes;
        this.clockNs = clockNs;
        beginInterval(samples());
    }

    /**
     * Opens what the machine has.
     *
     * @param group name of the agent's monitoring group in resctrl
     * @param sentBytes bytes that the agent's ports have sent
     */
    public static MemoryBandwidth open(String group, LongSupplier sentBytes) {
        return open(RESCTRL, PMUS, TASKS, PerfCounters.ofKernel(), group, sentBytes, System::nanoTime);
    }

    static MemoryBandwidth open(
            Path resctrl,
            Path pmus,
            Path tasks,
            PerfCounters counters,
            String group,
            LongSupplier sentBytes,
            LongSupplier clockNs) {
        List<MemorySource> sources = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        add(sources, missing, () -> ResctrlSource.ofProcess(resctrl, group, tasks));
        add(sources, missing, () -> PerfSource.open(pmus, counters));
        add(sources, missing, () -> ResctrlSource.ofMachine(resctrl));
        return new MemoryBandwidth(sources, missing.stream().distinct().toList(), sentBytes, clockNs);
    }

    private static void add(List<MemorySource> sources, List<String> missing, Opening opening) {
        try {
            sources.add(opening.open());
        } catch (SourceException e) {
            missing.add(e.getMessage());
        }
    }

    /** Whether there is any counter. */
    public boolean available() {
        return !sources.isEmpty();
    }

    /** Sources in use, as {@code resctrl (agent)}. */
    public List<String> sources() {
        return sources.stream()
                .map(source -> source.name() + " (" + source.scope() + ")")
                .toList();
    }

    /** Why sources are missing, and what would help; empty when all are there. */
    public List<String> missing() {
        return missing;
    }

    /** All counters, as they are now. */
    public synchronized List<Sample> samples() {
        List<Sample> samples = new ArrayList<>();
        for (MemorySource source : sources) {
            for (Reading reading : source.read()) {
                samples.add(new Sample(source.name(), source.scope(), reading));
            }
        }
        return samples;
    }

    /**
     * Bytes between processors and memory for each byte sent (the paper's own measure), over the last interval of at
     * least five seconds: of the agent's own traffic where that is counted, else of the whole machine's. Null without a
     * counter, before the first interval, and while next to nothing is sent.
     */
    public synchronized Double bytesPerNetworkByte() {
        long nowNs = clockNs.getAsLong();
        if (sources.isEmpty() || nowNs - intervalNs < RATIO_INTERVAL_NS) {
            return ratio;
        }
        List<Sample> samples = samples();
        long sent = sentBytes.getAsLong() - intervalSent;
        ratio = sent < MIN_SENT_BYTES ? null : (double) (moved(samples) - intervalMoved) / sent;
        beginInterval(samples);
        return ratio;
    }

    private void beginInterval(List<Sample> samples) {
        intervalNs = clockNs.getAsLong();
        intervalSent = sentBytes.getAsLong();
        intervalMoved = moved(samples);
    }

    /** Reads and writes of the first source; what is local is in the total. */
    private long moved(List<Sample> samples) {
        if (sources.isEmpty()) {
            return 0;
        }
        MemorySource best = sources.getFirst();
        Set<Direction> both = EnumSet.of(Direction.READ, Direction.WRITE, Direction.TOTAL);
        return samples.stream()
                .filter(sample -> sample.source.equals(best.name()) && sample.scope == best.scope())
                .filter(sample -> both.contains(sample.reading.direction()))
                .mapToLong(sample -> sample.reading.bytes())
                .sum();
    }

    @Override
    public synchronized void close() {
        sources.forEach(MemorySource::close);
    }
}
