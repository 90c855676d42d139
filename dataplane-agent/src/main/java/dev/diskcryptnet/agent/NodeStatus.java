package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentStatus;
import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.atlas.AtlasConfig.AtlasPort;
import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.volume.VolumeInfo;
import dev.diskcryptnet.wire.MacAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What a node observes of itself, put together when somebody asks. */
final class NodeStatus implements Supplier<AgentStatus> {
    private static final String SENT_BYTES = "dcn_port_transmit_bytes";
    private static final String CONNECTIONS = "dcn_http_connections";
    private static final long RATE_INTERVAL_NS = 1_000_000_000;
    private static final int BITS = 8;

    private final AgentNode node;
    private final AgentConfig config;
    private final List<Integer> cpus;
    private final Map<String, AgentStatus.Condition> conditions = new HashMap<>();
    private long sampleNs = System.nanoTime();
    private long sampleBytes;
    private Long bitsPerSecond;

    /** @param cpus as the workers are pinned; empty when they are not */
    NodeStatus(AgentNode node, AgentConfig config, List<Integer> cpus) {
        this.node = node;
        this.config = config;
        this.cpus = cpus;
        this.sampleBytes = sum(SENT_BYTES);
    }

    @Override
    public synchronized AgentStatus get() {
        VolumeInfo info = node.volume().info();
        boolean ready = node.isReady();
        List<String> reasons = ready ? List.of() : List.of(notReadyReason());
        return new AgentStatus(
                VersionCommand.version(),
                ready,
                reasons,
                conditions(info, ready, reasons),
                node.ports().stream()
                        .flatMap(port -> port.ip().addresses().stream())
                        .map(prefix -> prefix.address().toString())
                        .toList(),
                disks(info),
                node.ports().stream().map(NodeStatus::port).toList(),
                bitsPerSecond(),
                node.connections(),
                null,
                workers(),
                node.tls().listenerStatus(),
                node.tls().engineStatus(),
                new AgentStatus.Volume(
                        info.uuid().toString(),
                        info.objects(),
                        info.capacityBytes(),
                        info.freeBytes(),
                        info.warnings()));
    }

    private String notReadyReason() {
        Throwable failure = node.failure();
        return failure == null
                ? "the agent is starting or was told to stop; ask again, or start it"
                : "a worker stopped by itself: " + failure + "; the agent ends, see its log";
    }

    private List<AgentStatus.Condition> conditions(VolumeInfo info, boolean ready, List<String> reasons) {
        List<String> troubles = new ArrayList<>(info.warnings());
        info.members().stream()
                .filter(member -> member.readOnlyReason() != null)
                .forEach(member ->
                        troubles.add("disk=" + member.diskId() + " takes no writes: " + member.readOnlyReason()));
        String reason = troubles.isEmpty() ? "CertificateWarnings" : "VolumeWarnings";
        troubles.addAll(node.tls().troubles());
        boolean degraded = !troubles.isEmpty();
        return List.of(
                condition("DevicesPrepared", true, "Opened", "all disks and ports are open"),
                condition(
                        "Serving",
                        ready,
                        ready ? "WorkersRunning" : "NotReady",
                        ready ? "requests are answered" : reasons.getFirst()),
                condition(
                        "Degraded",
                        degraded,
                        degraded ? reason : "AsExpected",
                        degraded ? String.join("; ", troubles) : "nothing is wrong"));
    }

    /** The time of transition stays for as long as the status does. */
    private AgentStatus.Condition condition(String type, boolean holds, String reason, String message) {
        String status = holds ? "True" : "False";
        AgentStatus.Condition before = conditions.get(type);
        String since = before != null && before.status().equals(status)
                ? before.lastTransitionTime()
                : Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        var condition = new AgentStatus.Condition(type, status, reason, message, since);
        conditions.put(type, condition);
        return condition;
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
                    member.readOnlyReason()));
        }
        return disks;
    }

    private static AgentStatus.Port port(AtlasPort port) {
        PortFacts facts = port.port().facts();
        return new AgentStatus.Port(
                facts.interfaceName(),
                facts.uri(),
                facts.driver(),
                MacAddress.format(facts.macAddress()),
                facts.mtu(),
                facts.segmentationIpv4(),
                facts.zeroCopy(),
                facts.transmitMode(),
                facts.numaNode());
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
            long bytes = sum(SENT_BYTES);
            bitsPerSecond = (long) ((bytes - sampleBytes) * BITS * 1e9 / elapsedNs);
            sampleNs = nowNs;
            sampleBytes = bytes;
        }
        return bitsPerSecond;
    }

    private long sum(String name) {
        long sum = 0;
        for (CounterSet set : node.counterSets()) {
            for (Counter counter : set.counters()) {
                if (counter.descriptor().name().equals(name)) {
                    sum += counter.get();
                }
            }
        }
        return sum;
    }
}
