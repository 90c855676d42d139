package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.ListenerSpec;
import dev.diskcryptnet.crds.Patterns;
import dev.diskcryptnet.crds.TlsSpec;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The rules of {@code listeners}. */
final class ListenerRules {
    private ListenerRules() {}

    static void check(Problems problems, List<ListenerSpec> listeners) {
        problems.each("listeners", listeners, Limits.MAX_LISTENERS, (path, listener) -> {
            if (listener.port == null) {
                problems.add(path + ".port", " is missing; write a TCP port, 1 to 65535");
            }
            problems.range(path + ".port", listener.port, Limits.MIN_TCP_PORT, Limits.MAX_TCP_PORT);
            if (listener.tls != null) {
                checkTls(problems, path + ".tls", listener.tls);
            }
        });
        if (listeners != null) {
            problems.distinct(
                    "listeners",
                    listeners.stream()
                            .filter(listener -> listener != null && listener.port != null)
                            .map(listener -> "port " + listener.port));
        }
    }

    private static void checkTls(Problems problems, String path, TlsSpec tls) {
        if (tls.secretName == null) {
            problems.add(path + ".secretName", " is missing; write the name of the secret with tls.crt and tls.key");
        }
        checkSecretName(problems, path + ".secretName", tls.secretName);
        problems.eachOfOptional(
                path + ".additionalSecretNames",
                tls.additionalSecretNames,
                Limits.MAX_ADDITIONAL_SECRETS,
                (field, name) -> checkSecretName(problems, field, name));
        List<String> additional = Objects.requireNonNullElse(tls.additionalSecretNames, List.of());
        problems.distinct(
                path,
                Stream.concat(
                                Stream.ofNullable(tls.secretName),
                                additional.stream().filter(Objects::nonNull))
                        .map(name -> "secret " + name));
    }

    /** A name of a Secret is a directory's name at the agent, so nothing else will do. */
    private static void checkSecretName(Problems problems, String path, String name) {
        problems.syntax(
                path,
                name,
                Patterns.SUBDOMAIN,
                Limits.MAX_SUBDOMAIN_LENGTH,
                "is not a secret's name; write lower-case letters, digits, - and ., at most "
                        + Limits.MAX_SUBDOMAIN_LENGTH);
    }
}
