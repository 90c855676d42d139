package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentStatus;
import dev.diskcryptnet.agent.config.AgentConfig.ListenerConfig;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.tls.TlsConfigException;
import dev.diskcryptnet.tls.TlsServer;
import dev.diskcryptnet.tls.TlsServer.CertificateFacts;
import dev.diskcryptnet.tls.TlsServer.CertificateFiles;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A TLS port: its certificates, where they came from, and what is wrong with them. Thread-safe. */
final class TlsListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TlsListener.class);
    /** Names within a Secret of type kubernetes.io/tls. */
    private static final String CERTIFICATE = "tls.crt";

    private static final String KEY = "tls.key";

    private final ListenerConfig config;
    private final TlsServer server;

    private TlsListener(ListenerConfig config, TlsServer server) {
        this.config = config;
        this.server = server;
    }

    /**
     * Loads a port's certificates.
     *
     * @param directory of the secrets: a directory each, with {@code tls.crt} and {@code tls.key}
     * @throws CommandException naming the file that cannot be used, and the remedy
     */
    static TlsListener open(ListenerConfig config, Path directory) {
        List<CertificateFiles> files = config.secretNames().stream()
                .map(directory::resolve)
                .map(secret -> new CertificateFiles(secret.resolve(CERTIFICATE), secret.resolve(KEY)))
                .toList();
        try {
            var listener = new TlsListener(config, new TlsServer(files));
            listener.logLoaded();
            return listener;
        } catch (TlsConfigException e) {
            boolean missing = e.getCause() instanceof NoSuchFileException;
            throw new CommandException(
                    ExitCode.USAGE,
                    missing ? Reason.SecretMissing : Reason.SecretInvalid,
                    null,
                    "port=" + config.port() + ": " + e.getMessage() + "; secrets are looked for in tls-directory="
                            + directory,
                    e);
        }
    }

    int port() {
        return config.port();
    }

    CertificateGauges gauges(CounterSet counters) {
        return new CertificateGauges(counters, port(), config.secretNames(), server);
    }

    TlsServer server() {
        return server;
    }

    /** Loads what has changed on disk. What cannot be used changes nothing, and is logged once. */
    void reload() {
        try {
            if (server.reloadIfChanged()) {
                logLoaded();
            }
        } catch (TlsConfigException e) {
            LOG.atWarn()
                    .addKeyValue("port", port())
                    .addKeyValue("reason", e.getMessage())
                    .addKeyValue("hint", "the old ones stay in use")
                    .log("certificates-refused");
        }
    }

    private void logLoaded() {
        String all = certificates().stream()
                .map(loaded -> loaded.secretName() + ": " + loaded.subject() + " until " + loaded.notAfter())
                .collect(Collectors.joining("; "));
        LOG.atInfo()
                .addKeyValue("port", port())
                .addKeyValue("certificates", all)
                .log("certificates-loaded");
    }

    /** Certificates in use, the default one first. */
    List<AgentStatus.Certificate> certificates() {
        List<AgentStatus.Certificate> all = new ArrayList<>();
        List<CertificateFacts> facts = server.certificates();
        for (int i = 0; i < facts.size(); i++) {
            CertificateFacts fact = facts.get(i);
            all.add(new AgentStatus.Certificate(
                    config.secretNames().get(i),
                    fact.subject(),
                    fact.names(),
                    fact.notAfter().toString()));
        }
        return all;
    }

    /** What a person must see to: files that cannot be used, certificates that have ended. */
    List<String> troubles() {
        List<String> troubles = new ArrayList<>();
        String refused = server.refused();
        if (refused != null) {
            troubles.add("port=" + port() + " goes on with the certificates it had: " + refused);
        }
        String now = Instant.now().toString();
        for (AgentStatus.Certificate certificate : certificates()) {
            // Both are RFC 3339 in UTC, so their order is that of their times.
            if (certificate.notAfter().compareTo(now) < 0) {
                troubles.add("port=" + port() + " shows a certificate that ended at " + certificate.notAfter()
                        + "; renew secret=" + certificate.secretName());
            }
        }
        return troubles;
    }

    @Override
    public void close() {
        server.close();
    }
}
