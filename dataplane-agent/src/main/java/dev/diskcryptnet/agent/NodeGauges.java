package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.memory.LastLevelCache;
import java.util.List;
import java.util.Map;

/** What of a node no loop counts: devices, certificates, volume, caches. Looked at before a scrape, by its thread. */
final class NodeGauges implements Runnable {
    private final CounterSet counters = new CounterSet(Map.of());
    private final AgentNode node;
    private final VolumeGauges volume;
    private final List<CertificateGauges> certificates;

    /** @param cpus as the workers are pinned; empty when they are not */
    NodeGauges(AgentNode node, List<Integer> cpus, int workers) {
        this.node = node;
        node.disks().forEach(disk -> DeviceGauges.show(counters, disk.facts()));
        node.ports().forEach(port -> DeviceGauges.show(counters, port.port().facts()));
        CacheGauges.show(counters, LastLevelCache.PROCESSORS, cpus, workers);
        volume = new VolumeGauges(counters, node.volume().info());
        certificates = node.tls().gauges(counters);
    }

    CounterSet counterSet() {
        return counters;
    }

    @Override
    public void run() {
        volume.show(node.volume().tryInfo());
        certificates.forEach(CertificateGauges::show);
    }
}
