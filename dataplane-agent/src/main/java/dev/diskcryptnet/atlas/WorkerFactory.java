package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.http.HttpRequestParser;
import dev.diskcryptnet.http.ResponsePlanner;
import dev.diskcryptnet.ip.IpHost;
import dev.diskcryptnet.netmap.PortFacts;
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
    /** Most commands that a disk queue takes; with more slots than this, sending waits for the disk instead. */
    private static final int MAX_DEPTH = 4096;

    private final AtlasConfig config;
    private final List<Disk> disks;
    private final ObjectSource objects;
    private final SecureRandom random = new SecureRandom();

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
        DiskReader reader = openDisks(parts, set);
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
        try {
            for (AtlasConfig.AtlasPort port : config.ports()) {
                PortQueue queue = port.port().openQueue(worker, config.workers());
                try {
                    parts.add(lane(parts.size(), port, queue, worker, set));
                } catch (RuntimeException e) {
                    queue.close();
                    throw e;
                }
            }
            return parts;
        } catch (RuntimeException e) {
            parts.forEach(part -> part.queue().close());
            throw e;
        }
    }

    private LaneParts lane(int number, AtlasConfig.AtlasPort port, PortQueue queue, int worker, CounterSet set) {
        PortFacts facts = port.port().facts();
        CounterSet portSet = set.with("port", facts.interfaceName());
        var ip = new IpHost(facts, queue.control(), port.ip(), portSet, worker == 0);
        return new LaneParts(number, facts, queue, ip, config.tcp(), random.nextLong(), config.listenPorts(), portSet);
    }

    private DiskReader openDisks(List<LaneParts> parts, CounterSet set) {
        try {
            OffHeapRegion[] regions =
                    parts.stream().map(part -> part.queue().data().region()).toArray(OffHeapRegion[]::new);
            int slots = parts.stream()
                    .mapToInt(part -> part.queue().data().slotCount())
                    .sum();
            return new DiskReader(disks, Math.min(slots, MAX_DEPTH), set, regions);
        } catch (RuntimeException e) {
            parts.forEach(part -> part.queue().close());
            throw e;
        }
    }
}
