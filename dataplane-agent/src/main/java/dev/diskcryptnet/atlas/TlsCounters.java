package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.TlsVersion;
import java.util.Locale;

/** A worker's counters of what TLS does. */
final class TlsCounters {
    final Counter failedHandshakes;
    final Counter refusedHandshakes;
    final Counter keyUpdates;
    final Counter badRecords;

    /** Null without a TLS listener. */
    final Counter sealedBytes;

    final Counter sealedRecords;

    private final Counter[] handshakes = new Counter[TlsVersion.values().length * CipherSuite.values().length * 2];

    TlsCounters(CounterSet set, CryptEngine engine) {
        for (TlsVersion version : TlsVersion.values()) {
            for (CipherSuite suite : CipherSuite.values()) {
                handshakes[index(version, suite, false)] = handshakes(set, version, suite, "false");
                handshakes[index(version, suite, true)] = handshakes(set, version, suite, "true");
            }
        }
        sealedBytes =
                engine == null ? null : sealed(set, "bytes", "Plaintext sealed, again or for the first time.", engine);
        sealedRecords =
                engine == null ? null : sealed(set, "records", "Records sealed, again or for the first time.", engine);
        failedHandshakes = set.counter("dcn_tls_handshake_failures", "", "Handshakes that ended with an alert.");
        refusedHandshakes = set.counter(
                "dcn_tls_handshakes_refused", "", "Connections reset because too many handshakes were under way.");
        keyUpdates = set.counter("dcn_tls_key_updates", "", "Times that a connection's sending key was replaced.");
        badRecords = set.counter("dcn_tls_bad_records", "", "Connections ended because of what a record held.");
    }

    private static Counter sealed(CounterSet set, String what, String help, CryptEngine engine) {
        String unit = what.equals("bytes") ? what : "";
        return set.counter("dcn_tls_sealed_" + what, unit, help, "engine", engine.displayName());
    }

    private static Counter handshakes(CounterSet set, TlsVersion version, CipherSuite suite, String resumed) {
        return set.counter(
                "dcn_tls_handshakes",
                "",
                "Handshakes completed.",
                "version",
                version == TlsVersion.TLS_1_3 ? "1.3" : "1.2",
                "suite",
                suite.name().toLowerCase(Locale.ROOT),
                "resumed",
                resumed);
    }

    private static int index(TlsVersion version, CipherSuite suite, boolean resumed) {
        return (version.ordinal() * CipherSuite.values().length + suite.ordinal()) * 2 + (resumed ? 1 : 0);
    }

    void onHandshake(TlsVersion version, CipherSuite suite, boolean resumed) {
        handshakes[index(version, suite, resumed)].increment();
    }

    void onSealed(int records, int bytes) {
        sealedRecords.add(records);
        sealedBytes.add(bytes);
    }
}
