package dev.diskcryptnet.atlas;

import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.netmap.Port;
import dev.diskcryptnet.tcp.TcpConfig;
import java.util.List;

/**
 * What the loop runs on.
 *
 * @param ports opened ports with their addresses; the node closes their queues, their owner closes the ports
 * @param listenPorts TCP ports to accept connections on, on every address
 * @param workers threads, each with rings of its own on every port
 * @param cpus processor for each worker, or empty to leave the choice to the kernel
 * @param tcp limits and windows of each worker's stack
 * @param timeouts how long clients may take
 */
public record AtlasConfig(
        List<AtlasPort> ports,
        List<Integer> listenPorts,
        int workers,
        List<Integer> cpus,
        TcpConfig tcp,
        Timeouts timeouts) {

    /** A port and what is to be known of it above Ethernet. */
    public record AtlasPort(Port port, IpConfig ip) {}

    public AtlasConfig {
        ports = List.copyOf(ports);
        listenPorts = List.copyOf(listenPorts);
        cpus = List.copyOf(cpus);
        if (workers < 1) {
            throw new IllegalArgumentException("workers=" + workers + " is not above 0");
        }
        if (!cpus.isEmpty() && cpus.size() < workers) {
            throw new IllegalArgumentException("cpus=" + cpus + " names fewer processors than workers=" + workers);
        }
    }
}
