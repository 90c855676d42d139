package dev.diskcryptnet.counters;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The counters of one writing thread, each on a cache line pair of its own so that readers never slow the writer.
 *
 * <p>Counters are added while the set's owner is being built, before its thread starts; {@link #counters()} may be read
 * from any thread afterwards.
 */
public final class CounterSet {
    /** Distance between two counters, in bytes: two cache lines, as the adjacent-line prefetcher fetches pairs. */
    static final int STRIDE_BYTES = 128;

    /** Counters of one piece of memory; there are as many pieces as it takes. */
    private static final int REGION_COUNTERS = 256;

    private static final double NANOSECOND = 1e-9;
    private static final double PERCENT = 0.01;

    private final List<OffHeapRegion> regions;
    private final List<Counter> counters;
    private final List<Histogram> histograms;
    private final Map<String, String> commonLabels;

    /** @param commonLabels labels that every counter of the set carries, for example the worker's number */
    public CounterSet(Map<String, String> commonLabels) {
        this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), commonLabels);
    }

    private CounterSet(
            List<OffHeapRegion> regions,
            List<Counter> counters,
            List<Histogram> histograms,
            Map<String, String> commonLabels) {
        this.regions = regions;
        this.counters = counters;
        this.histograms = histograms;
        this.commonLabels = Map.copyOf(commonLabels);
    }

    /** The same set; what is added through the result carries one more label. */
    public CounterSet with(String label, String value) {
        Map<String, String> labels = new TreeMap<>(commonLabels);
        labels.put(label, value);
        return new CounterSet(regions, counters, histograms, labels);
    }

    /** Adds a counter that only rises. {@code labels}: name, value, name, value… */
    public Counter counter(String name, String unit, String help, String... labels) {
        return add(name, CounterDescriptor.Kind.COUNTER, unit, help, 1.0, labels);
    }

    /** Adds a gauge. {@code labels}: name, value, name, value… */
    public Counter gauge(String name, String unit, String help, String... labels) {
        return add(name, CounterDescriptor.Kind.GAUGE, unit, help, 1.0, labels);
    }

    /** Adds what its labels tell; {@code name} ends with {@code _info}. {@code labels}: name, value, name, value… */
    public void info(String name, String help, String... labels) {
        add(name, CounterDescriptor.Kind.INFO, "", help, 1.0, labels).set(1);
    }

    /** Adds a gauge of whole percents that is shown as a ratio. {@code labels}: name, value, name, value… */
    public Counter percents(String name, String help, String... labels) {
        return add(name, CounterDescriptor.Kind.GAUGE, "ratio", help, PERCENT, labels);
    }

    /** Adds a counter of nanoseconds that is shown in seconds. */
    public Counter nanoseconds(String name, String help, String... labels) {
        return add(name, CounterDescriptor.Kind.COUNTER, "seconds", help, NANOSECOND, labels);
    }

    /**
     * Adds a histogram of nanoseconds that is shown in seconds. {@code labels}: name, value, name, value…
     *
     * @param boundsNs highest value of each bucket, rising
     */
    public Histogram durations(String name, String help, long[] boundsNs, String... labels) {
        return add(name, "seconds", help, NANOSECOND, boundsNs, labels);
    }

    /**
     * Adds a histogram of sizes. {@code labels}: name, value, name, value…
     *
     * @param unit base unit, or empty for things that are counted
     * @param bounds highest value of each bucket, rising
     */
    public Histogram sizes(String name, String unit, String help, long[] bounds, String... labels) {
        return add(name, unit, help, 1.0, bounds, labels);
    }

    private Histogram add(String name, String unit, String help, double scale, long[] bounds, String... labels) {
        var kind = CounterDescriptor.Kind.HISTOGRAM;
        var histogram = new Histogram(new CounterDescriptor(name, kind, unit, help, allLabels(labels), scale), bounds);
        histograms.add(histogram);
        return histogram;
    }

    private Map<String, String> allLabels(String... labels) {
        Map<String, String> all = new TreeMap<>(commonLabels);
        for (int i = 0; i < labels.length; i += 2) {
            all.put(labels[i], labels[i + 1]);
        }
        return all;
    }

    private Counter add(
            String name, CounterDescriptor.Kind kind, String unit, String help, double scale, String... labels) {
        int place = counters.size() % REGION_COUNTERS;
        if (place == 0) {
            regions.add(OffHeapRegion.allocate(REGION_COUNTERS * STRIDE_BYTES));
        }
        var descriptor = new CounterDescriptor(name, kind, unit, help, allLabels(labels), scale);
        Counter counter = new Counter(regions.getLast().buffer(), place * STRIDE_BYTES, descriptor);
        counters.add(counter);
        return counter;
    }

    /** All counters, in the order in which they were added. */
    public List<Counter> counters() {
        return List.copyOf(counters);
    }

    /** All histograms, in the order in which they were added. */
    public List<Histogram> histograms() {
        return List.copyOf(histograms);
    }
}
