package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentStatus;
import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.agent.config.AgentConfig.ListenerConfig;
import dev.diskcryptnet.atlas.AtlasConfig;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.EngineChoice;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node's TLS ports need: certificates, a watch over their files, and the engine that seals. */
final class TlsSetup {
    private static final Logger LOG = LoggerFactory.getLogger(TlsSetup.class);
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(5);

    private final List<ListenerConfig> ports;
    private final List<TlsListener> listeners;
    private final EngineChoice engine;

    private TlsSetup(List<ListenerConfig> ports, List<TlsListener> listeners, EngineChoice engine) {
        this.ports = ports;
        this.listeners = listeners;
        this.engine = engine;
    }

    /**
     * Loads certificates and chooses the engine; without a TLS port neither is done.
     *
     * @param directory of the secrets
     * @param opened takes all that must be closed
     * @throws CommandException naming the file or the engine that cannot be used, and the remedy
     */
    static TlsSetup open(AgentConfig config, Path directory, ReleaseStack opened) {
        List<TlsListener> listeners = config.listeners().stream()
                .filter(ListenerConfig::isTls)
                .map(listener ->
                        opened.add("certificates of port " + listener.port(), TlsListener.open(listener, directory)))
                .toList();
        if (listeners.isEmpty()) {
            return new TlsSetup(config.listeners(), listeners, null);
        }
        EngineChoice engine = choose(config.cryptEngine());
        opened.add("certificate watch", CertificateWatch.start(listeners, LOOK_INTERVAL));
        return new TlsSetup(config.listeners(), listeners, engine);
    }

    private static EngineChoice choose(String wanted) {
        try {
            EngineChoice choice = EngineChoice.choose(wanted);
            LOG.atInfo()
                    .addKeyValue("engine", choice.engine().displayName())
                    .addKeyValue("version", choice.engine().libraryVersion())
                    .addKeyValue("reason", choice.reason())
                    .addKeyValue("gigabytesPerSecond", speeds(choice))
                    .log("crypt-engine");
            return choice;
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
        }
    }

    private static Map<String, Double> speeds(EngineChoice choice) {
        Map<String, Double> byName = new TreeMap<>();
        choice.gigabytesPerSecond().forEach((engine, speed) -> byName.put(engine.displayName(), rounded(speed)));
        return byName;
    }

    private static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }

    /** Ports as the loop takes them. */
    List<AtlasConfig.Listener> atlasListeners() {
        return ports.stream()
                .map(port -> new AtlasConfig.Listener(
                        port.port(),
                        listeners.stream()
                                .filter(listener -> listener.port() == port.port())
                                .map(TlsListener::server)
                                .findFirst()
                                .orElse(null),
                        port.congestionControl(),
                        port.ecn()))
                .toList();
    }

    /** What seals, or null without a TLS port. */
    CryptEngine engine() {
        return engine == null ? null : engine.engine();
    }

    /** The engine for the status, or null without a TLS port. */
    AgentStatus.CryptEngine engineStatus() {
        return engine == null
                ? null
                : new AgentStatus.CryptEngine(
                        engine.engine().displayName(),
                        engine.engine().libraryVersion(),
                        engine.reason(),
                        speeds(engine));
    }

    /** Ports for the status. */
    List<AgentStatus.Listener> listenerStatus() {
        return ports.stream().map(this::status).toList();
    }

    private AgentStatus.Listener status(ListenerConfig port) {
        return listeners.stream()
                .filter(listener -> listener.port() == port.port())
                .map(listener -> new AgentStatus.Listener(port.port(), true, listener.certificates()))
                .findFirst()
                .orElse(AgentStatus.Listener.plain(port.port()));
    }

    /** Shows certificates as metrics. */
    List<CertificateGauges> gauges(CounterSet counters) {
        return listeners.stream().map(listener -> listener.gauges(counters)).toList();
    }

    /** What a person must see to. */
    List<String> troubles() {
        return listeners.stream()
                .flatMap(listener -> listener.troubles().stream())
                .toList();
    }
}
