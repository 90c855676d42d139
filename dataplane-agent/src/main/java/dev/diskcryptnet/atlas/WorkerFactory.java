package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.http.HttpRequestParser;
import dev.diskcryptnet.http.ResponsePlanner;
import dev.diskcryptnet.ip.IpHost;
import dev.diskcryptnet.netmap.PortQueue;
import dev.diskcryptnet.netmap.Waiter;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.SystemNanoClock;

/** Puts workers together: rings on every port, a queue pair on every disk, and what lies between. */
final class WorkerFactory {
    private final AtlasConfig config;
    private final List<Disk> disks;
    private final ObjectSource objects;

    WorkerFactory(AtlasConfig config, List<Disk> disks, ObjectSource objects) {
        this.config = config;
        this.disks = disks;
        this.objects = objects;
    }

    /** A worker and the counters that it writes. */
    record Built(AtlasWorker worker, CounterSet counterSet, AtlasCounters counters) {}

    /** @throws dev.diskcryptnet.ffi.NativeException when a device refuses; nothing stays open then */
    Built build(int number) {
        var set = new CounterSet(Map.of("worker", Integer.toString(number)));
        var counters = new AtlasCounters(set, disks);
        List<LaneParts> parts = openLanes(number, set);
        DiskReader reader = openDisks(parts);
        var holder = new AtlasWorker[1];
        var http = new HttpService(
                objects,
                new HttpRequestParser(),
                new ResponsePlanner(),
                () -> holder[0].isDraining(),
                Clock.systemUTC(),
                counters);
        List<Lane> lanes = new ArrayList<>();
        List<Sweeper> sweepers = new ArrayList<>();
        for (LaneParts part : parts) {
            var lane = new Lane(part, http, reader, counters);
            lanes.add(lane);
            sweepers.add(new Sweeper(lane, http, config.timeouts(), counters));
        }
        int cpu = config.cpus().isEmpty() ? -1 : config.cpus().get(number);
        var edge = new AtlasWorker.WorkerEdge(new Waiter(), SystemNanoClock.INSTANCE, counters);
        holder[0] = new AtlasWorker("atlas-" + number, cpu, lanes, sweepers, reader, edge);
        return new Built(holder[0], set, counters);
    }

    private List<LaneParts> openLanes(int worker, CounterSet set) {
        List<LaneParts> parts = new ArrayList<>();
        var random = new SecureRandom();
        try {
            for (AtlasConfig.AtlasPort port : config.ports()) {
                PortQueue queue = port.port().openQueue(worker, config.workers());
                var facts = port.port().facts();
                CounterSet portSet = set.with("port", facts.interfaceName());
                var ip = new IpHost(facts, queue.control(), port.ip(), portSet, worker == 0);
                parts.add(new LaneParts(
                        parts.size(),
                        facts,
                        queue,
                        ip,
                        config.tcp(),
                        random.nextLong(),
                        config.listenPorts(),
                        portSet));
            }
            return parts;
        } catch (RuntimeException e) {
            parts.forEach(part -> part.queue().close());
            throw e;
        }
    }

    private DiskReader openDisks(List<LaneParts> parts) {
        try {
            OffHeapRegion[] regions =
                    parts.stream().map(part -> part.queue().data().region()).toArray(OffHeapRegion[]::new);
            int slots = parts.stream()
                    .mapToInt(part -> part.queue().data().slotCount())
                    .sum();
            return new DiskReader(disks, slots, regions);
        } catch (RuntimeException e) {
            parts.forEach(part -> part.queue().close());
            throw e;
        }
    }
}
