package dev.diskcryptnet.tls;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which certificate a client gets. By name: the exact one, else a wildcard for its first label (RFC 6125 6.4.3), else
 * the first certificate. Of several with that name the first whose key the client accepts.
 */
final class CertificateChoice {
    private final TlsContext fallback;
    private final Map<String, List<TlsContext>> byName = new HashMap<>();

    /** @param contexts at least one; the first is the default */
    CertificateChoice(List<TlsContext> contexts) {
        fallback = contexts.getFirst();
        for (TlsContext context : contexts) {
            for (String name : context.certificate().names()) {
                byName.computeIfAbsent(name, key -> new ArrayList<>(1)).add(context);
            }
        }
    }

    TlsContext choose(ClientHello hello) {
        List<TlsContext> named = named(hello.serverName());
        return named.stream()
                .filter(context -> hello.accepts(context.certificate().kind()))
                .findFirst()
                .orElse(named.getFirst());
    }

    private List<TlsContext> named(String serverName) {
        if (serverName != null) {
            List<TlsContext> exact = byName.get(serverName);
            if (exact != null) {
                return exact;
            }
            int dot = serverName.indexOf('.');
            List<TlsContext> wildcard = dot <= 0 ? null : byName.get("*" + serverName.substring(dot));
            if (wildcard != null) {
                return wildcard;
            }
        }
        // The default may be there with two kinds of key as well.
        List<String> names = fallback.certificate().names();
        return names.isEmpty() ? List.of(fallback) : byName.get(names.getFirst());
    }
}
