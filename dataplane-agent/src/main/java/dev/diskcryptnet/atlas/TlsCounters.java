package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crypt.TlsVersion;

/** A worker's counters of what TLS does. */
final class TlsCounters {
    final Counter failedHandshakes;
    final Counter refusedHandshakes;
    final Counter keyUpdates;
    final Counter badRecords;

    private final Counter[] handshakes = new Counter[4];

    TlsCounters(CounterSet set) {
        for (TlsVersion version : TlsVersion.values()) {
            handshakes[index(version, false)] = handshakes(set, version, "false");
            handshakes[index(version, true)] = handshakes(set, version, "true");
        }
        failedHandshakes = set.counter("dcn_tls_handshake_failures", "", "Handshakes that ended with an alert.");
        refusedHandshakes = set.counter(
                "dcn_tls_handshakes_refused", "", "Connections reset because too many handshakes were under way.");
        keyUpdates = set.counter("dcn_tls_key_updates", "", "Times that a connection's sending key was replaced.");
        badRecords = set.counter("dcn_tls_bad_records", "", "Connections ended because of what a record held.");
    }

    private static Counter handshakes(CounterSet set, TlsVersion version, String resumed) {
        String name = version == TlsVersion.TLS_1_3 ? "1.3" : "1.2";
        return set.counter("dcn_tls_handshakes", "", "Handshakes completed.", "version", name, "resumed", resumed);
    }

    private static int index(TlsVersion version, boolean resumed) {
        return version.ordinal() * 2 + (resumed ? 1 : 0);
    }

    void onHandshake(TlsVersion version, boolean resumed) {
        handshakes[index(version, resumed)].increment();
    }
}
