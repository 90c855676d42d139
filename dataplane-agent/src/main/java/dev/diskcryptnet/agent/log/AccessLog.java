package dev.diskcryptnet.agent.log;

import dev.diskcryptnet.atlas.AccessRecord;
import dev.diskcryptnet.atlas.AccessRecord.Outcome;
import dev.diskcryptnet.atlas.AccessRing;
import dev.diskcryptnet.wire.IpAddress;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts into the log what workers tell of single responses: a sample of all in the access log, and each one that a disk
 * cut off among the warnings. A thread of its own formats and writes; when the log is slow, the rings fill, and the
 * workers count what they drop.
 */
public final class AccessLog implements AutoCloseable {
    /** In {@code logback.xml} it goes past the limit on repetitions, as each line of it is wanted. */
    private static final Logger ACCESS = LoggerFactory.getLogger("access");

    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
    private static final int BATCH = 256;
    private static final long BUSY_PERIOD_MS = 50;
    /** Nothing but failures is to be expected. */
    private static final long IDLE_PERIOD_MS = 1000;

    private static final double NANOSECONDS = 1e9;

    private final List<AccessRing> rings;
    private final List<String> disks;
    private final Thread thread =
            Thread.ofPlatform().daemon().name("access-log").unstarted(this::run);
    private volatile int every;

    /**
     * @param rings of the workers, in the order of their numbers
     * @param disks their identifiers, in the order in which records count them
     */
    public AccessLog(List<AccessRing> rings, List<String> disks) {
        this.rings = rings;
        this.disks = disks;
    }

    /** Begins to write. */
    public AccessLog start() {
        thread.start();
        return this;
    }

    /** From now on one of {@code responses} is written down, for each worker; 0 for none. */
    public void sample(int responses) {
        every = responses;
        rings.forEach(ring -> ring.sample(responses));
    }

    /** One of how many responses is written down; 0 for none. */
    public int every() {
        return every;
    }

    private void run() {
        try {
            while (true) {
                drain();
                Thread.sleep(every == 0 ? IDLE_PERIOD_MS : BUSY_PERIOD_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes down what there is. */
    void drain() {
        for (int i = 0; i < rings.size(); i++) {
            int worker = i;
            while (rings.get(i).read(record -> write(worker, record), BATCH) > 0) {}
        }
    }

    private void write(int worker, AccessRecord record) {
        String connection = endpoint(record);
        if (record.outcome() == Outcome.CUT_BY_DISK) {
            LOG.atWarn()
                    .addKeyValue("disk", disks.get(record.disk()))
                    .addKeyValue("connection", connection)
                    .addKeyValue("object", record.path())
                    .addKeyValue("worker", worker)
                    .addKeyValue("result", record.result())
                    .addKeyValue("hint", "the connection was reset; look at the kernel's log for the disk")
                    .log("response-cut-by-disk");
            return;
        }
        ACCESS.atInfo()
                .addKeyValue("began", Instant.ofEpochMilli(record.timeMs()))
                .addKeyValue("connection", connection)
                .addKeyValue("localPort", record.localPort())
                .addKeyValue("tls", record.tls())
                .addKeyValue("method", record.method())
                .addKeyValue("object", record.path())
                .addKeyValue("status", record.status())
                .addKeyValue("bytes", record.bytes())
                .addKeyValue("seconds", record.durationNs() / NANOSECONDS)
                .addKeyValue(
                        "outcome",
                        record.outcome().name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .addKeyValue("worker", worker)
                .addKeyValue("every", every)
                .log("response");
    }

    private static String endpoint(AccessRecord record) {
        String address = IpAddress.format(record.remoteHigh(), record.remoteLow());
        return (address.indexOf(':') < 0 ? address : '[' + address + ']') + ':' + record.remotePort();
    }

    /** Ends the thread, and writes down what is left. */
    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
        drain();
    }
}
