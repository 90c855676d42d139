package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentStatus;
import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.memory.MemoryBandwidth;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.volume.VolumeInfo;
import dev.diskcryptnet.wire.MacAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What a node observes of itself, put together when somebody asks. */
final class NodeStatus implements Supplier<AgentStatus> {
    static final String SENT_BYTES = "dcn_port_transmit_bytes";

    private static final String TENTATIVE_ADDRESSES = "dcn_ip_tentative_addresses";
    private static final String CONNECTIONS = "dcn_http_connections";
    private static final long RATE_INTERVAL_NS = 1_000_000_000;
    private static final int BITS = 8;

    private final AgentNode node;
    private final AgentConfig config;
    private final List<Integer> cpus;
    private final MemoryBandwidth memory;
    private final boolean changesAllowed;
    private final NodeHealth health;
    private final NodeTraffic traffic;
    private final String startTime =
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    private final NodeConditions conditions = new NodeConditions();
    private long sampleNs = System.nanoTime();
    private long sampleBytes;
    private Long bitsPerSecond;

    /**
     * @param cpus as the workers are pinned; empty when they are not
     * @param memory what counts memory traffic
     * @param changesAllowed whether there is an admin token
     */
    NodeStatus(AgentNode node, AgentConfig config, List<Integer> cpus, MemoryBandwidth memory, boolean changesAllowed) {
        this.node = node;
        this.config = config;
        this.cpus = cpus;
        this.memory = memory;
        this.changesAllowed = changesAllowed;
        this.health = new NodeHealth(node.counterSets(), new KernelLinks());
        this.traffic = new NodeTraffic(
                node.counterSets(),
                node.disks().stream().map(disk -> disk.facts().id()).toList(),
                node.ports().stream()
                        .map(port -> port.port().facts().interfaceName())
                        .toList(),
                config.workers());
        this.sampleBytes = node.sum(SENT_BYTES);
    }

    @Override
    public synchronized AgentStatus get() {
        VolumeInfo info = node.volume().info();
        NodeConditions.Serving serving = serving();
        List<AgentStatus.Disk> disks = disks(info);
        List<AgentStatus.Port> ports =
                node.ports().stream().map(port -> port(port.port().facts())).toList();
        List<AgentStatus.Health> devices = Stream.concat(
                        disks.stream().map(AgentStatus.Disk::health),
                        ports.stream().map(AgentStatus.Port::health))
                .toList();
        return new AgentStatus(
                VersionCommand.version(),
                serving.holds(),
                serving.holds() ? List.of() : List.of(serving.message()),
                conditions.of(
                        serving,
                        devices,
                        node.drifts(),
                        info.warnings(),
                        node.tls().troubles()),
                node.drainStatus(),
                node.ports().stream()
                        .flatMap(port -> port.ip().addresses().stream())
                        .map(prefix -> prefix.address().toString())
                        .toList(),
                disks,
                ports,
                bitsPerSecond(),
                node.connections(),
                memory.bytesPerNetworkByte(),
                workers(),
                node.tls().listenerStatus(),
                node.tls().engineStatus(),
                new AgentStatus.Volume(
                        info.uuid().toString(),
                        info.objects(),
                        info.capacityBytes(),
                        info.freeBytes(),
                        info.warnings()),
                Instant.now().truncatedTo(ChronoUnit.MILLIS).toString(),
                startTime,
                MachineName.get(),
                changesAllowed,
                traffic.now(),
                new AgentStatus.Memory(memory.available(), memory.sources(), memory.missing()),
                Logging.recent().newestFirst());
    }

    private NodeConditions.Serving serving() {
        AgentStatus.Drain drain = node.drainStatus();
        Throwable failure = node.failure();
        if (failure != null) {
            return new NodeConditions.Serving(
                    false,
                    Reason.AgentNotReady,
                    "a worker stopped by itself: " + failure + "; the agent ends, see its log");
        }
        if (drain != null) {
            return new NodeConditions.Serving(
                    false,
                    Reason.Draining,
                    "the agent was told to stop serving at " + drain.startTime() + "; start it again to serve");
        }
        if (!node.isReady()) {
            return new NodeConditions.Serving(false, Reason.AgentStarting, "the agent is starting; ask again");
        }
        if (node.sum(TENTATIVE_ADDRESSES) > 0) {
            return new NodeConditions.Serving(
                    false,
                    Reason.AgentStarting,
                    "the agent asks on the link whether another host has its IPv6 addresses, which takes a second;"
                            + " ask again");
        }
        return new NodeConditions.Serving(true, Reason.Serving, "requests are answered");
    }

    private List<AgentStatus.Disk> disks(VolumeInfo info) {
        List<AgentStatus.Disk> disks = new ArrayList<>();
        for (VolumeInfo.MemberInfo member : info.members()) {
            Disk disk = node.disks().get(member.disk());
            DiskFacts facts = disk.facts();
            disks.add(new AgentStatus.Disk(
                    facts.id(),
                    facts.uri(),
                    facts.driver(),
                    facts.model(),
                    facts.serial(),
                    facts.capacityBytes(),
                    member.freeBytes(),
                    member.objects(),
                    facts.direct(),
                    facts.numaNode(),
                    member.readOnlyReason(),
                    health.disk(
                            facts,
                            node.diskCare().health(member.disk()),
                            node.diskCare().awaited(member.disk()),
                            member.readOnlyReason(),
                            System.nanoTime())));
        }
        return disks;
    }

    private AgentStatus.Port port(PortFacts facts) {
        return new AgentStatus.Port(
                facts.interfaceName(),
                facts.uri(),
                facts.driver(),
                MacAddress.format(facts.macAddress()),
                facts.mtu(),
                facts.segmentationIpv4(),
                facts.maxFrameBytes(),
                facts.zeroCopy(),
                facts.transmitMode(),
                facts.numaNode(),
                health.port(facts));
    }

    private List<AgentStatus.Worker> workers() {
        List<AgentStatus.Worker> workers = new ArrayList<>();
        for (int i = 0; i < config.workers(); i++) {
            String number = Integer.toString(i);
            long connections = node.counterSets().stream()
                    .flatMap(set -> set.counters().stream())
                    .filter(counter ->
                            number.equals(counter.descriptor().labels().get("worker")))
                    .filter(counter -> counter.descriptor().name().equals(CONNECTIONS))
                    .mapToLong(Counter::get)
                    .sum();
            int cpu = cpus.isEmpty() ? -1 : cpus.get(i);
            workers.add(new AgentStatus.Worker(i, cpu, node.failure() == null, connections));
        }
        return workers;
    }

    private Long bitsPerSecond() {
        long nowNs = System.nanoTime();
        long elapsedNs = nowNs - sampleNs;
        if (elapsedNs >= RATE_INTERVAL_NS) {
            long bytes = node.sum(SENT_BYTES);
            bitsPerSecond = (long) ((bytes - sampleBytes) * BITS * 1e9 / elapsedNs);
            sampleNs = nowNs;
            sampleBytes = bytes;
        }
        return bitsPerSecond;
    }
}
