package dev.diskcryptnet.counters;

import java.util.Map;

/**
 * What a counter means.
 *
 * @param name full metric name in base units, without {@code _total}, for example {@code dcn_disk_read_bytes}
 * @param kind whether it only rises
 * @param unit base unit, or empty
 * @param help one sentence
 * @param labels label names and values, few and bounded
 * @param scale what one step of the stored value is in base units, for example 1e-9 for nanoseconds shown as seconds
 */
public record CounterDescriptor(
        String name, Kind kind, String unit, String help, Map<String, String> labels, double scale) {
    /**
     * Whether a value only rises (a counter), goes both ways (a gauge), there are many (a {@link Histogram}), or it is 1 and
     * the labels are what is to be told.
     */
    public enum Kind {
        COUNTER,
        GAUGE,
        HISTOGRAM,
        INFO
    }

    public CounterDescriptor {
        labels = Map.copyOf(labels);
    }
}
