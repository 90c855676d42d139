package dev.diskcryptnet.admin;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import java.util.Locale;

/** What is put on a volume while it is served, in numbers. Written by the volume's thread. */
public final class IngestCounters {
    final Counter bytes;
    final Counter objects;
    final Counter removed;
    final Counter aborted;
    private final Counter[] failures = new Counter[StoreException.Reason.values().length];

    /** @param set whose thread is the volume's */
    public IngestCounters(CounterSet set) {
        bytes = set.counter(
                "dcn_volume_ingested_bytes", "bytes", "Bytes of objects taken, also of those not committed.");
        objects = set.counter("dcn_volume_ingested_objects", "", "Objects committed.");
        removed = set.counter("dcn_volume_removed_objects", "", "Objects removed by request.");
        aborted = failure(set, "aborted");
        for (StoreException.Reason reason : StoreException.Reason.values()) {
            failures[reason.ordinal()] = failure(set, reason.name().toLowerCase(Locale.ROOT));
        }
    }

    private static Counter failure(CounterSet set, String reason) {
        return set.counter(
                "dcn_volume_ingest_failures",
                "",
                "Objects and removals that were refused or failed, by reason; aborted: the upload broke off.",
                "reason",
                reason);
    }

    void onFailure(StoreException.Reason reason) {
        failures[reason.ordinal()].increment();
    }
}
