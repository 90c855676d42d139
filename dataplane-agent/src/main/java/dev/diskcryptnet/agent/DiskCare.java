package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskHealth;
import dev.diskcryptnet.diskmap.DiskHealth.State;
import dev.diskcryptnet.diskmap.HotDisk;
import dev.diskcryptnet.volume.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at each disk about once a second: asks how it is, which is when a driver recovers it, lets go of one that is gone,
 * and takes it back when it is there again.
 */
final class DiskCare implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskCare.class);
    private static final long PERIOD_MS = 1000;

    private final List<Care> cares = new ArrayList<>();
    private final IntFunction<Disk> opener;
    private final CounterSet counters = new CounterSet(Map.of());
    private final Thread thread = new Thread(this::run, "disks");
    private volatile Volume volume;
    private volatile boolean closing;

    /** What is known of one disk. */
    private static final class Care {
        final HotDisk disk;
        final int number;
        final Counter state;
        final Counter recoveries;
        final SmartGauges smart;
        volatile DiskHealth health;
        /** Why it is not taken back; null while it is there. */
        volatile String awaited;

        Care(HotDisk disk, int number, CounterSet counters) {
            this.disk = disk;
            this.number = number;
            this.health = disk.health();
            String id = disk.facts().id();
            state = counters.gauge(
                    "dcn_disk_state", "", "0 well, 1 being reset, 2 failed, 3 not there any more.", "disk", id);
            recoveries = counters.counter(
                    "dcn_disk_recoveries", "", "Times that the disk was reset or came back.", "disk", id);
            smart = new SmartGauges(counters, id, health);
        }
    }

    /**
     * @param disks in the order of their numbers
     * @param opener opens a disk anew by its number, for writing; throws when it is not there, or not ours to take
     */
    DiskCare(List<HotDisk> disks, IntFunction<Disk> opener) {
        this.opener = opener;
        for (HotDisk disk : disks) {
            var care = new Care(disk, cares.size(), counters);
            cares.add(care);
            show(care);
        }
        thread.setDaemon(true);
    }

    /** Begins; a disk that comes back is put under {@code served} if it is the member that went. */
    DiskCare start(Volume served) {
        volume = served;
        thread.start();
        return this;
    }

    /** Counters that its thread writes. */
    CounterSet counters() {
        return counters;
    }

    /** How the disk was when it was last looked at. */
    DiskHealth health(int number) {
        return cares.get(number).health;
    }

    /** Why a disk that went is not served from; null when it is there. */
    String awaited(int number) {
        return cares.get(number).awaited;
    }

    private void run() {
        while (!closing) {
            for (Care care : cares) {
                try {
                    look(care);
                } catch (RuntimeException e) {
                    LOG.atError()
                            .setCause(e)
                            .addKeyValue("disk", care.disk.facts().uri())
                            .log("disk-care-failed");
                }
            }
            try {
                Thread.sleep(PERIOD_MS);
            } catch (InterruptedException e) {
                return; // by close
            }
        }
    }

    private void look(Care care) {
        if (care.disk.isAway()) {
            awaitReturn(care);
            return;
        }
        DiskHealth before = care.health;
        care.health = care.disk.health();
        if (care.health.state() != before.state()) {
            LOG.atWarn()
                    .addKeyValue("disk", care.disk.facts().uri())
                    .addKeyValue("state", care.health.state())
                    .addKeyValue("before", before.state())
                    .addKeyValue("message", care.health.message())
                    .log("disk-state");
        }
        show(care);
        if (care.health.state() == State.GONE) {
            care.awaited = "it has not come back";
            awaitReturn(care);
        }
    }

    private void awaitReturn(Care care) {
        if (!care.disk.detach(System.nanoTime())) {
            return;
        }
        Disk found;
        try {
            found = opener.apply(care.number);
        } catch (RuntimeException e) {
            explain(care, e.getMessage());
            return;
        }
        try {
            volume.checkReturned(care.number, found);
            care.disk.attach(found);
        } catch (RuntimeException e) {
            found.close();
            explain(care, e.getMessage());
            return;
        }
        care.awaited = null;
        care.health = care.disk.health();
        LOG.atInfo()
                .addKeyValue("disk", found.facts().uri())
                .addKeyValue("mode", found.facts().mode())
                .log("disk-back");
        show(care);
    }

    private static void explain(Care care, String why) {
        if (!why.equals(care.awaited)) {
            LOG.atWarn()
                    .addKeyValue("disk", care.disk.facts().uri())
                    .addKeyValue("reason", why)
                    .log("disk-awaited");
            care.awaited = why;
        }
    }

    private static void show(Care care) {
        care.state.set(care.health.state().ordinal());
        care.recoveries.set(care.disk.generation());
        care.smart.show(care.health);
    }

    /** Ends the thread, which may be in the middle of opening a disk. */
    @Override
    public void close() throws InterruptedException {
        closing = true;
        thread.interrupt();
        thread.join();
    }
}
