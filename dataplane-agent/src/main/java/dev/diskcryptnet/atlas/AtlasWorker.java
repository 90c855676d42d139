package dev.diskcryptnet.atlas;

import dev.diskcryptnet.diskmap.DiskCompletionHandler;
import dev.diskcryptnet.netmap.LoopThread;
import dev.diskcryptnet.netmap.Waiter;
import java.util.List;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/**
 * One loop on one core: receive, TCP, disk, transmit (paper section 3.2, figure 8). No lock, no queue to another
 * thread, no allocation while data flows. With work it runs on; without, it waits on its descriptors.
 */
final class AtlasWorker implements Agent, IdleStrategy, DiskCompletionHandler {
    private static final int RECEIVE_LIMIT = 256;
    private static final int ISSUE_LIMIT = 16;
    private static final int REAP_LIMIT = 64;
    /** Longest wait without a timer: bounds how long a link's state or a drain goes unnoticed. */
    private static final long MAX_WAIT_NS = 1_000_000_000;

    /** How often a port that announces nothing is looked at when all is idle. */
    private static final long POLL_PERIOD_NS = 100_000;
    /** How old port counters may get while the loop runs. */
    private static final long PUBLISH_PERIOD_NS = 100_000_000;

    private final int number;
    private final int cpu;
    final Lane[] lanes;
    private final Sweeper[] sweepers;
    private final TlsService tls;
    private final DiskReader disks;
    private final Waiter waiter;
    private final NanoClock clock;
    private final LoopCounters counters;

    private volatile boolean draining;
    private volatile boolean cuttingOff;
    private volatile boolean stopping;
    private volatile ConnectionScan scan;
    private long maxWaitNs = MAX_WAIT_NS;
    private boolean refusing;
    private boolean hasCutOff;
    private long nowNs;
    private long publishedNs;
    private boolean worked;

    /** @param tls null when no listener has TLS */
    AtlasWorker(
            int number,
            int cpu,
            List<Lane> lanes,
            List<Sweeper> sweepers,
            TlsService tls,
            DiskReader disks,
            WorkerEdge edge) {
        this.number = number;
        this.cpu = cpu;
        this.lanes = lanes.toArray(Lane[]::new);
        this.sweepers = sweepers.toArray(Sweeper[]::new);
        this.tls = tls;
        this.disks = disks;
        this.waiter = edge.waiter();
        this.clock = edge.clock();
        this.counters = edge.counters();
        for (Lane lane : lanes) {
            if (lane.queue.waitDescriptor() < 0) {
                maxWaitNs = POLL_PERIOD_NS;
            }
            waiter.add(lane.queue.waitDescriptor(), Waiter.POLLIN);
        }
        disks.announceTo(waiter);
    }

    /** What a worker has of the world besides its rings. */
    record WorkerEdge(Waiter waiter, NanoClock clock, LoopCounters counters) {}

    @Override
    public void onStart() {
        if (cpu >= 0) {
            LoopThread.pin(cpu);
        }
        for (Lane lane : lanes) {
            lane.ip.announce(clock.nanoTime());
        }
    }

    @Override
    public int doWork() {
        if (stopping) {
            throw new AgentTerminationException();
        }
        long now = clock.nanoTime();
        if (worked) {
            counters.onWork(now - nowNs);
        }
        nowNs = now;
        counters.passes.increment();
        if (draining && !refusing) {
            refuseNew();
        }
        if (cuttingOff && !hasCutOff) {
            resetAll();
        }
        int work = LoopCounters.counted(counters.receiveBatch, receive(now));
        for (Lane lane : lanes) {
            work += lane.onTimers(now);
        }
        work += LoopCounters.counted(counters.reapBatch, disks.reap(now, this, REAP_LIMIT));
        disks.probe(now);
        if (tls != null) {
            work += tls.takeResults(now);
        }
        for (Sweeper sweeper : sweepers) {
            work += sweeper.sweep(now, draining);
        }
        ConnectionScan asked = scan;
        if (asked != null) {
            work++;
            scan = asked.step(now, number, lanes) ? null : asked;
        }
        work += LoopCounters.counted(counters.issueBatch, issue(now));
        work += LoopCounters.counted(counters.transmitBatch, flush());
        if (now - publishedNs >= PUBLISH_PERIOD_NS) {
            publish(now);
        }
        worked = work > 0;
        return work;
    }

    private int receive(long now) {
        int frames = 0;
        for (Lane lane : lanes) {
            frames += lane.receive(now, RECEIVE_LIMIT);
        }
        return frames;
    }

    private int flush() {
        int sent = 0;
        for (Lane lane : lanes) {
            sent += lane.queue.flush();
        }
        return sent;
    }

    /** What a read brings in at once, as from memory, is sent while it is in the cache. */
    private int issue(long now) {
        int issued = 0;
        for (Lane lane : lanes) {
            issued += lane.issue(now, ISSUE_LIMIT);
        }
        if (issued > 0) {
            disks.submit();
            disks.reap(now, this, REAP_LIMIT);
        }
        return issued;
    }

    private void publish(long now) {
        publishedNs = now;
        for (Lane lane : lanes) {
            lane.publish();
        }
    }

    private void refuseNew() {
        refusing = true;
        for (Lane lane : lanes) {
            lane.tcp.refuseNew(true);
        }
    }

    private void resetAll() {
        hasCutOff = true;
        for (Lane lane : lanes) {
            lane.tcp.closeAll();
        }
    }

    @Override
    public void onCompletion(long token, int result) {
        Lane lane = lanes[DiskReader.lane(token)];
        if (DiskReader.isUnit(token)) {
            lane.sealedSender.onRead(nowNs, DiskReader.slot(token), result);
        } else {
            lane.sender.onRead(nowNs, DiskReader.slot(token), result);
        }
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0 || stopping || disks.mustPoll()) {
            return;
        }
        long deadlineNs = Math.min(nowNs + maxWaitNs, disks.nextProbeNs());
        for (int i = 0; i < lanes.length; i++) {
            Lane lane = lanes[i];
            if (lane.canGoOn()) {
                return;
            }
            deadlineNs = Math.min(deadlineNs, lane.tcp.nextDeadlineNs());
            deadlineNs = Math.min(deadlineNs, lane.ip.nextDeadlineNs());
            deadlineNs = Math.min(deadlineNs, sweepers[i].nextDeadlineNs());
        }
        if (deadlineNs > nowNs) {
            counters.waits.increment();
            publish(nowNs);
            disks.announceTo(waiter);
            waiter.await(deadlineNs - nowNs);
        }
    }

    @Override
    public void idle() {
        idle(0);
    }

    @Override
    public void reset() {
        // Nothing builds up between waits.
    }

    @Override
    public String roleName() {
        return "atlas-" + number;
    }

    /** Has the loop look at its connections; one look at a time. Any thread. */
    void look(ConnectionScan at) {
        scan = at;
        waiter.wakeUp();
    }

    /** Accepts no new connections, ends idle ones, and lets responses finish. Any thread. */
    void drain() {
        draining = true;
        waiter.wakeUp();
    }

    /** Resets the connections that a drain has left. Any thread. */
    void cutOff() {
        cuttingOff = true;
        waiter.wakeUp();
    }

    boolean isDraining() {
        return draining;
    }

    /** Ends the runner at the next pass, which comes at once. Any thread. */
    void stop() {
        stopping = true;
        waiter.wakeUp();
    }

    @Override
    public void onClose() {
        // First, and waiting for what is in flight: devices write into the lanes' memory.
        disks.close();
        for (Lane lane : lanes) {
            lane.abandonReads();
            lane.tcp.closeAll();
            lane.queue.flush();
            lane.close();
        }
        if (tls != null) {
            tls.close();
        }
        waiter.close();
    }
}
