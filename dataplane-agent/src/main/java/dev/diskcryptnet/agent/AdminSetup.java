package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AdminConfig;
import dev.diskcryptnet.admin.AdminServer;
import dev.diskcryptnet.admin.AgentMetrics;
import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.agent.log.AccessLog;
import dev.diskcryptnet.memory.MemoryBandwidth;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the admin endpoint of a node. */
final class AdminSetup {
    private static final Logger LOG = LoggerFactory.getLogger(AdminSetup.class);
    private static final String LOOPBACK = "127.0.0.1";

    private AdminSetup() {}

    /**
     * Starts listening.
     *
     * @param cpus as the workers are pinned; empty when they are not
     * @param opened takes the endpoint, to be closed with it
     * @throws IOException when the token cannot be read or the address is taken
     */
    static void start(AgentNode node, AgentConfig config, ServeOptions options, List<Integer> cpus, ReleaseStack opened)
            throws IOException {
        HostPort where = options.admin == null ? new HostPort(LOOPBACK, config.adminPort()) : options.admin;
        var address = new InetSocketAddress(where.host(), where.port());
        var adminConfig = AdminConfig.of(address, token(options.tokenFile));
        AgentMetrics metrics = opened.add("metrics", new AgentMetrics(VersionCommand.version()));
        node.counterSets().forEach(metrics::register);
        var gauges = new NodeGauges(node, cpus, config.workers());
        metrics.register(gauges.counterSet());
        metrics.beforeScrape(gauges);
        // By the volume, which one agent holds at a time: process numbers are not the machine's in a container.
        String group = "dcn-" + node.volume().info().uuid();
        MemoryBandwidth memory =
                opened.add("memory counters", MemoryBandwidth.open(group, () -> node.sum(NodeStatus.SENT_BYTES)));
        LOG.atInfo()
                .addKeyValue("sources", memory.sources())
                .addKeyValue("missing", memory.missing())
                .log("memory-counters");
        metrics.register(memory);
        var status = new NodeStatus(node, config, cpus, memory, adminConfig.token() != null);
        List<String> disks =
                node.disks().stream().map(disk -> disk.facts().id()).toList();
        AccessLog accessLog = opened.add("access log", new AccessLog(node.accessRings(), disks).start());
        accessLog.sample(config.accessLogEvery());
        opened.add(
                "admin",
                new AdminServer(
                        adminConfig,
                        status,
                        metrics,
                        node.objects(),
                        node.connectionSource(),
                        () -> node.beginDrain(config.drainTimeout()),
                        new Logging(accessLog)));
    }

    /** The token in a file; null without one. @throws CommandException when it is empty */
    static String token(Path file) throws IOException {
        if (file == null) {
            return null;
        }
        String token = Files.readString(file).strip();
        if (token.isEmpty()) {
            throw new CommandException(
                    ExitCode.USAGE, "token-file=" + file + " is empty; write a token, or leave out --token-file");
        }
        return token;
    }
}
