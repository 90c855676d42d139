package dev.diskcryptnet.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One kind of counter of memory traffic. One thread at a time. */
public interface MemorySource extends AutoCloseable {
    /** Whose traffic it is. */
    enum Scope {
        /** The agent's own. */
        AGENT,
        /** Everybody's on this machine. */
        MACHINE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Which bytes. */
    enum Direction {
        /** Out of memory. */
        READ,
        /** Into memory. */
        WRITE,
        /** Both, where the counter does not tell them apart. */
        TOTAL,
        /** The part of {@link #TOTAL} that went to the memory of the cache's own NUMA node. */
        LOCAL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Bytes since the source was opened.
     *
     * @param domain part of the machine, as {@code L3-0} or {@code imc_0-cpu0}; one may come and go
     * @param bytes never less than at the reading before
     */
    record Reading(String domain, Direction direction, long bytes) {}

    /** What was added up by domain and direction, in their order. */
    static List<Reading> readings(Map<String, Map<Direction, Long>> sums) {
        List<Reading> readings = new ArrayList<>();
        sums.forEach((domain, byDirection) ->
                byDirection.forEach((direction, bytes) -> readings.add(new Reading(domain, direction, bytes))));
        return readings;
    }

    /** {@code resctrl}, {@code uncore_imc}, {@code amd_umc}, {@code amd_df}. */
    String name();

    Scope scope();

    /** Looks at the counters. One that cannot be read now keeps its last value, and is not in the list before it has one. */
    List<Reading> read();

    /** Gives back what was opened or made. */
    @Override
    void close();
}
