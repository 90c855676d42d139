package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.http.HttpRequestParser;
import dev.diskcryptnet.http.ResponsePlanner;
import dev.diskcryptnet.ip.IpHost;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.PortQueue;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.netmap.Waiter;
import dev.diskcryptnet.tls.HandshakePool;
import dev.diskcryptnet.tls.RecordStream;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/** Puts workers together: rings on every port, a queue pair on every disk, and what lies between. */
final class WorkerFactory {
    /** Most commands that a disk queue takes; with more slots than this, sending waits for the disk instead. */
    private static final int MAX_DEPTH = 4096;

    /** A unit that does not lie together on the disk takes several; then the queue may be full sooner. */
    private static final int READS_PER_UNIT = 2;

    private final AtlasConfig config;
    private final List<Disk> disks;
    private final ObjectSource objects;
    private final HandshakePool handshakes;
    /** Records that one key may seal. Tests set a limit that they can reach. */
    long recordsPerKey = RecordStream.RECORDS_PER_KEY;

    /** What workers read the time from. Tests set one that they turn themselves. */
    NanoClock clock = SystemNanoClock.INSTANCE;

    private final SecureRandom random = new SecureRandom();

    /** @param handshakes where TLS handshakes are computed; null when no listener has TLS */
    WorkerFactory(AtlasConfig config, List<Disk> disks, ObjectSource objects, HandshakePool handshakes) {
        this.config = config;
        this.handshakes = handshakes;
        this.disks = disks;
        this.objects = objects;
    }

    /** A worker and the counters that it writes. */
    record Built(AtlasWorker worker, CounterSet counterSet, AtlasCounters counters) {}

    /** @throws dev.diskcryptnet.ffi.NativeException when a device refuses; nothing stays open then */
    Built build(int number) {
        var set = new CounterSet(Map.of("worker", Integer.toString(number)));
        var counters = new AtlasCounters(set, disks, config.cryptEngine());
        List<LaneParts> parts = openLanes(number, set, counters);
        DiskReader reader = openDisks(parts, set, counters);
        var holder = new AtlasWorker[1];
        var http = new HttpService(
                objects,
                new HttpRequestParser(),
                new ResponsePlanner(),
                () -> holder[0].isDraining(),
                reader::isDown,
                Clock.systemUTC(),
                counters);
        var waiter = new Waiter();
        TlsService tls = config.hasTls()
                ? new TlsService(http, config.cryptEngine(), recordsPerKey, handshakes, waiter::wakeUp, counters.tls)
                : null;
        List<Lane> lanes = new ArrayList<>();
        List<Sweeper> sweepers = new ArrayList<>();
        for (LaneParts part : parts) {
            var lane = new Lane(part, http, tls, reader, counters);
            lanes.add(lane);
            sweepers.add(new Sweeper(lane, http, config.timeouts(), counters));
        }
        int cpu = config.cpus().isEmpty() ? -1 : config.cpus().get(number);
        var edge = new AtlasWorker.WorkerEdge(waiter, clock, counters.loop);
        holder[0] = new AtlasWorker(number, cpu, lanes, sweepers, tls, reader, edge);
        return new Built(holder[0], set, counters);
    }

    private List<LaneParts> openLanes(int worker, CounterSet set, AtlasCounters counters) {
        List<LaneParts> parts = new ArrayList<>();
        try {
            for (AtlasConfig.AtlasPort port : config.ports()) {
                PortQueue queue = port.port().openQueue(worker, config.workers());
                try {
                    parts.add(lane(parts.size(), port, queue, worker, set, counters));
                } catch (RuntimeException e) {
                    queue.close();
                    throw e;
                }
            }
            return parts;
        } catch (RuntimeException e) {
            parts.forEach(LaneParts::close);
            throw e;
        }
    }

    private LaneParts lane(
            int number,
            AtlasConfig.AtlasPort port,
            PortQueue queue,
            int worker,
            CounterSet set,
            AtlasCounters counters) {
        PortFacts facts = port.port().facts();
        CounterSet portSet = set.with("port", facts.interfaceName());
        var ip = new IpHost(facts, queue.control(), port.ip(), portSet, worker == 0);
        UnitTable units =
                config.hasTls() ? units(FrameSize.of(facts, queue.data()).ipv4(), queue.data(), counters) : null;
        return new LaneParts(
                number,
                facts,
                queue,
                ip,
                config.tcp(),
                config.timeouts().progressBytes(),
                random.nextLong(),
                config.listeners(),
                units,
                portSet);
    }

    private UnitTable units(FrameSize frame, TxRing ring, AtlasCounters counters) {
        int most = AtlasConfig.UNIT_MEMORY_BYTES / UnitTable.bufferBytes(frame.unitRecords());
        int count = Math.min(most, ring.slotCount());
        return new UnitTable(count, frame.unitRecords(), config.hugePages(), counters.unitReuse);
    }

    private DiskReader openDisks(List<LaneParts> parts, CounterSet set, AtlasCounters counters) {
        try {
            List<OffHeapRegion> regions = new ArrayList<>();
            int reads = 0;
            for (LaneParts part : parts) {
                regions.add(part.queue().data().region());
                reads += part.queue().data().slotCount();
                if (part.units() != null) {
                    regions.add(part.units().region);
                    reads += part.units().maxReads() + part.units().count() * READS_PER_UNIT;
                }
            }
            return new DiskReader(
                    disks, Math.min(reads, MAX_DEPTH), set, counters, regions.toArray(OffHeapRegion[]::new));
        } catch (RuntimeException e) {
            parts.forEach(LaneParts::close);
            throw e;
        }
    }
}
