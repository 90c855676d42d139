package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.ClientsSpec;
import dev.diskcryptnet.crds.Limits;

/** The rules of {@code clients}. */
final class ClientsRules {
    private ClientsRules() {}

    static void check(Problems problems, ClientsSpec clients) {
        if (clients == null) {
            return;
        }
        problems.range("clients.maxConnectionsPerPrefix", clients.maxConnectionsPerPrefix, 1, Limits.MAX_CONNECTIONS);
        problems.range(
                "clients.ipv4PrefixLength",
                clients.ipv4PrefixLength,
                Limits.MIN_IPV4_PREFIX_LENGTH,
                Limits.MAX_IPV4_PREFIX_LENGTH);
        problems.range(
                "clients.ipv6PrefixLength",
                clients.ipv6PrefixLength,
                Limits.MIN_IPV6_PREFIX_LENGTH,
                Limits.MAX_IPV6_PREFIX_LENGTH);
    }
}
