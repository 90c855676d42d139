package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.tls.TlsServer;
import java.util.ArrayList;
import java.util.List;

/** A TLS port's certificates, as gauges: when each ends, and whether what is on disk can be used. */
final class CertificateGauges {
    private final TlsServer server;
    private final List<Counter> expiries = new ArrayList<>();
    private final Counter refused;

    /** @param secretNames of the server's certificates, in their order */
    CertificateGauges(CounterSet counters, int port, List<String> secretNames, TlsServer server) {
        this.server = server;
        CounterSet listener = counters.with("listener", Integer.toString(port));
        for (String name : secretNames) {
            expiries.add(listener.gauge(
                    "dcn_tls_certificate_expiry_timestamp_seconds",
                    "seconds",
                    "When the certificate in use ends, in Unix time.",
                    "secret",
                    name));
        }
        refused = listener.gauge(
                "dcn_tls_certificate_refused",
                "",
                "1 while the files on disk cannot be used, so that older certificates stay in use.");
        show();
    }

    void show() {
        List<TlsServer.CertificateFacts> facts = server.certificates();
        for (int i = 0; i < expiries.size(); i++) {
            expiries.get(i).set(facts.get(i).notAfter().getEpochSecond());
        }
        refused.set(server.refused() == null ? 0 : 1);
    }
}
