package dev.diskcryptnet.atlas;

import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.netmap.Port;
import dev.diskcryptnet.tcp.CongestionAlgorithm;
import dev.diskcryptnet.tcp.TcpConfig;
import dev.diskcryptnet.tls.Handshake;
import java.util.List;

/**
 * What the loop runs on.
 *
 * @param ports opened ports with their addresses; the node closes their queues, their owner closes the ports
 * @param listeners TCP ports to accept connections on, on every address
 * @param cryptEngine what seals and opens records; null when no listener has TLS
 * @param workers threads, each with rings of its own on every port
 * @param cpus processor for each worker, or empty to leave the choice to the kernel
 * @param tcp limits and windows of each worker's stack
 * @param timeouts how long clients may take
 * @param hugePages whether what records are sealed from lies in huge pages
 */
public record AtlasConfig(
        List<AtlasPort> ports,
        List<Listener> listeners,
        CryptEngine cryptEngine,
        int workers,
        List<Integer> cpus,
        TcpConfig tcp,
        Timeouts timeouts,
        boolean hugePages) {
    /** Memory that a worker seals records from, for each port: less than a last-level cache of today. */
    public static final int UNIT_MEMORY_BYTES = 14 << 20;

    /** Whether some listener has TLS. */
    public boolean hasTls() {
        return listeners.stream().anyMatch(listener -> listener.tls() != null);
    }

    /** A port and what is to be known of it above Ethernet. */
    public record AtlasPort(Port port, IpConfig ip) {}

    /** A TCP port; {@code tls} null takes plain HTTP; {@code ecn} for clients that ask for it. */
    public record Listener(int port, Handshake.Source tls, CongestionAlgorithm congestionControl, boolean ecn) {
        /** With CUBIC and ECN. */
        public Listener(int port, Handshake.Source tls) {
            this(port, tls, CongestionAlgorithm.CUBIC, true);
        }

        /** Plain HTTP. */
        public static Listener plain(int port) {
            return new Listener(port, null);
        }
    }

    public AtlasConfig {
        ports = List.copyOf(ports);
        listeners = List.copyOf(listeners);
        cpus = List.copyOf(cpus);
        if (workers < 1) {
            throw new IllegalArgumentException("workers=" + workers + " is not above 0");
        }
        if (cryptEngine == null && listeners.stream().anyMatch(listener -> listener.tls() != null)) {
            throw new IllegalArgumentException("cryptEngine=null but a listener has TLS; choose an engine");
        }
        if (!cpus.isEmpty() && cpus.size() < workers) {
            throw new IllegalArgumentException("cpus=" + cpus + " names fewer processors than workers=" + workers);
        }
    }
}
