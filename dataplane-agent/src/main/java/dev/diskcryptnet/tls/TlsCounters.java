package dev.diskcryptnet.tls;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crypt.TlsVersion;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** What one worker's TLS connections come to. The worker's thread alone calls; counting allocates nothing. */
public final class TlsCounters {
    private final Counter[] handshakes = new Counter[TlsVersion.values().length];
    private final Counter[] resumptions = new Counter[TlsVersion.values().length];
    private final Map<Alert, Counter> refusals = new EnumMap<>(Alert.class);
    private final Counter failures;
    private final Counter peerAlerts;
    private final Counter keyUpdates;

    /** @param set the worker's own */
    public TlsCounters(CounterSet set) {
        for (TlsVersion version : TlsVersion.values()) {
            handshakes[version.ordinal()] = handshakes(set, version, false);
            resumptions[version.ordinal()] = handshakes(set, version, true);
        }
        failures = set.counter("dcn_tls_handshake_failures", "", "TLS handshakes that failed");
        peerAlerts = set.counter("dcn_tls_peer_alerts", "", "Connections that a client gave up with an alert");
        keyUpdates = set.counter("dcn_tls_key_updates", "", "Keys that clients replaced");
        for (Alert alert : RecordReader.REFUSALS) {
            refusals.put(
                    alert,
                    set.counter(
                            "dcn_tls_refused_records",
                            "",
                            "Records of clients that broke the protocol, by the alert sent",
                            "alert",
                            alert.name().toLowerCase(Locale.ROOT)));
        }
    }

    private static Counter handshakes(CounterSet set, TlsVersion version, boolean resumed) {
        return set.counter(
                "dcn_tls_handshakes",
                "",
                "TLS handshakes that succeeded",
                "version",
                version == TlsVersion.TLS_1_3 ? "1.3" : "1.2",
                "resumed",
                String.valueOf(resumed));
    }

    /** Counts how a handshake ended; nothing while it has not. */
    public void onStep(HandshakeStep step) {
        switch (step.outcome()) {
            case MORE -> {}
            case FAILED -> failures.increment();
            case DONE -> {
                Takeover takeover = step.takeover();
                Counter[] counters = takeover.resumed() ? resumptions : handshakes;
                counters[takeover.version().ordinal()].increment();
            }
        }
    }

    /** Counts what a reader read. Once for each result; a reader that has failed is not to be asked again. */
    public void onRead(RecordReader reader, RecordReader.Event event) {
        switch (event) {
            case KEY_UPDATE, KEY_UPDATE_REQUESTED -> keyUpdates.increment();
            case PEER_ALERT -> peerAlerts.increment();
            case FAILED -> refusals.get(reader.alert()).increment();
            default -> {}
        }
    }
}
