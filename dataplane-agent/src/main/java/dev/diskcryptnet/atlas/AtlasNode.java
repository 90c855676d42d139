package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.http.HttpRequestParser;
import dev.diskcryptnet.http.ResponsePlanner;
import dev.diskcryptnet.ip.IpHost;
import dev.diskcryptnet.netmap.PortQueue;
import dev.diskcryptnet.netmap.Waiter;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.SystemNanoClock;

/** All workers of a node: starts them, asks them to drain, and ends them. */
public final class AtlasNode implements AutoCloseable {
    /** A worker stopped by itself: which, and why. */
    public record Failure(String worker, Throwable cause) {}

    private final List<CounterSet> counterSets = new ArrayList<>();
    private final List<Counter> sessionCounters = new ArrayList<>();
    private final List<AtlasWorker> workers = new ArrayList<>();
    private final List<AgentRunner> runners = new ArrayList<>();
    private final AtomicReference<Failure> failure = new AtomicReference<>();
    private final Runnable onFailure;

    private AtlasNode(Runnable onFailure) {
        this.onFailure = onFailure;
    }

    /**
     * Opens rings and queue pairs and starts the workers.
     *
     * @param disks in the order in which {@code StoredObject.disk()} counts them
     * @param onFailure called once, from the worker's thread, when a worker stops by itself
     * @throws dev.diskcryptnet.ffi.NativeException when a device refuses; nothing stays open then
     */
    public static AtlasNode start(AtlasConfig config, List<Disk> disks, ObjectSource objects, Runnable onFailure) {
        var node = new AtlasNode(onFailure);
        try {
            for (int i = 0; i < config.workers(); i++) {
                node.addWorker(config, i, disks, objects);
            }
        } catch (RuntimeException e) {
            node.workers.forEach(AtlasWorker::onClose);
            throw e;
        }
        node.runners.forEach(AgentRunner::startOnThread);
        return node;
    }

    private void addWorker(AtlasConfig config, int number, List<Disk> disks, ObjectSource objects) {
        var set = new CounterSet(Map.of("worker", Integer.toString(number)));
        var counters = new AtlasCounters(set, disks);
        List<LaneParts> parts = openLanes(config, number, set);
        DiskReader reader = openDisks(parts, disks);
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
        var worker = new AtlasWorker("atlas-" + number, cpu, lanes, sweepers, reader, edge);
        holder[0] = worker;
        workers.add(worker);
        counterSets.add(set);
        sessionCounters.add(counters.sessions);
        runners.add(new AgentRunner(worker, this::onError, null, worker));
    }

    private static List<LaneParts> openLanes(AtlasConfig config, int worker, CounterSet set) {
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

    private static DiskReader openDisks(List<LaneParts> parts, List<Disk> disks) {
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

    /** A worker that threw cannot be trusted with its rings any more: it stops, and the node says so. */
    private void onError(Throwable error) {
        if (error instanceof AgentTerminationException) {
            return;
        }
        if (failure.compareAndSet(null, new Failure(Thread.currentThread().getName(), error))) {
            onFailure.run();
        }
        throw new AgentTerminationException(error);
    }

    /** Counters of all workers, for the metrics endpoint. */
    public List<CounterSet> counterSets() {
        return List.copyOf(counterSets);
    }

    /** Established connections on all workers. */
    public long connections() {
        return sessionCounters.stream().mapToLong(Counter::get).sum();
    }

    /** Why a worker stopped by itself, or null. */
    public Failure failure() {
        return failure.get();
    }

    /**
     * Accepts nothing new, ends idle connections and lets responses finish.
     *
     * @return whether all connections ended within {@code limit}
     */
    public boolean drain(Duration limit) throws InterruptedException {
        workers.forEach(AtlasWorker::drain);
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (connections() > 0) {
            if (System.nanoTime() - deadlineNs >= 0) {
                return false;
            }
            Thread.sleep(20);
        }
        return true;
    }

    /** Ends all workers; connections that are still open are reset. */
    @Override
    public void close() {
        for (int i = 0; i < runners.size(); i++) {
            workers.get(i).stop();
            runners.get(i).close();
        }
    }
}
