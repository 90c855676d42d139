package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.tls.HandshakePool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;

/** All workers of a node: starts them, asks them to drain, and ends them. */
public final class AtlasNode implements AutoCloseable {
    /** A worker stopped by itself: which, and why. */
    public record Failure(String worker, Throwable cause) {}

    /** Steps of handshakes that may wait for a thread; a step takes a millisecond at most. */
    private static final int MAX_WAITING_HANDSHAKES = 4096;

    /** A worker's next pass comes at once. */
    private static final Duration CUT_OFF_LIMIT = Duration.ofSeconds(5);

    private static final Duration LOOK_LIMIT = Duration.ofSeconds(2);

    private final List<CounterSet> counterSets = new ArrayList<>();
    private final List<Counter> sessionCounters = new ArrayList<>();
    private final List<AccessRing> accessRings = new ArrayList<>();
    private final List<AtlasWorker> workers = new ArrayList<>();
    private final List<AgentRunner> runners = new ArrayList<>();
    private final AtomicReference<Failure> failure = new AtomicReference<>();
    private final Runnable onFailure;
    private HandshakePool handshakes;

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
        HandshakePool handshakes = config.hasTls() ? node.openHandshakePool(config.workers()) : null;
        var factory = new WorkerFactory(config, disks, objects, handshakes);
        try {
            config.ports().forEach(port -> port.port()
                    .serve(port.ip().hostAddresses(port.port().facts().macAddress())));
            for (int i = 0; i < config.workers(); i++) {
                node.add(factory.build(i));
            }
        } catch (RuntimeException e) {
            node.workers.forEach(AtlasWorker::onClose);
            node.closeHandshakePool();
            throw e;
        }
        node.runners.forEach(AgentRunner::startOnThread);
        return node;
    }

    /** As many threads as workers: a flood of handshakes gets no more of the machine than the streams have. */
    private HandshakePool openHandshakePool(int threads) {
        handshakes = new HandshakePool(threads, MAX_WAITING_HANDSHAKES);
        return handshakes;
    }

    private void closeHandshakePool() {
        if (handshakes != null) {
            handshakes.close();
        }
    }

    private void add(WorkerFactory.Built built) {
        workers.add(built.worker());
        counterSets.add(built.counterSet());
        sessionCounters.add(built.counters().sessions);
        accessRings.add(built.counters().access);
        AtlasWorker worker = built.worker();
        runners.add(new AgentRunner(worker, error -> onError(worker, error), null, worker));
    }

    /**
     * A worker that threw cannot go on: it stops, and the node says so. Nothing is thrown here, as the runner would then
     * skip the worker's end, where its disks, connections and rings are closed.
     */
    private void onError(AtlasWorker worker, Throwable error) {
        if (error instanceof AgentTerminationException) {
            return;
        }
        worker.stop();
        if (failure.compareAndSet(null, new Failure(Thread.currentThread().getName(), error))) {
            onFailure.run();
        }
    }

    /** Counters of all workers, for the metrics endpoint. */
    public List<CounterSet> counterSets() {
        return List.copyOf(counterSets);
    }

    /** What each worker tells of single responses, in the order of their numbers. */
    public List<AccessRing> accessRings() {
        return List.copyOf(accessRings);
    }

    /** Established connections on all workers. */
    public long connections() {
        return sessionCounters.stream().mapToLong(Counter::get).sum();
    }

    /**
     * Looks at the connections of all workers, which go on meanwhile.
     *
     * @throws IllegalStateException when a worker does not answer, as when it has stopped
     */
    public synchronized List<ConnectionView> connections(ConnectionFilter filter) throws InterruptedException {
        List<ConnectionView> found = new ArrayList<>();
        for (int i = 0; i < workers.size() && found.size() < filter.limit(); i++) {
            var scan = new ConnectionScan(filter);
            workers.get(i).look(scan);
            List<ConnectionView> some = scan.await(LOOK_LIMIT);
            if (some == null) {
                throw new IllegalStateException("worker=" + i + " has not answered within " + LOOK_LIMIT);
            }
            found.addAll(some.subList(0, Math.min(some.size(), filter.limit() - found.size())));
        }
        return found;
    }

    /** Why a worker stopped by itself, or null. */
    public Failure failure() {
        return failure.get();
    }

    /**
     * Refuses new connections, ends idle ones and lets responses finish.
     *
     * @return whether all connections ended within {@code limit}
     */
    public boolean drain(Duration limit) throws InterruptedException {
        workers.forEach(AtlasWorker::drain);
        return awaitNoConnections(limit);
    }

    /** Resets the connections that a drain has left; they are gone when this returns. */
    public void cutOff() throws InterruptedException {
        workers.forEach(AtlasWorker::cutOff);
        awaitNoConnections(CUT_OFF_LIMIT);
    }

    private boolean awaitNoConnections(Duration limit) throws InterruptedException {
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
        // First: a worker then finds all that the pool has left for it, secrets among it, and wipes it.
        closeHandshakePool();
        for (int i = 0; i < runners.size(); i++) {
            workers.get(i).stop();
            runners.get(i).close();
        }
    }
}
