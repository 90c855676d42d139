package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.device.HostChange;
import dev.diskcryptnet.device.HostChange.Observation;
import dev.diskcryptnet.device.HostChange.State;
import dev.diskcryptnet.device.HostChanges;
import dev.diskcryptnet.device.HostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every few seconds, on a thread of its own, whether what the agent has set on the machine is still so. It says
 * what it finds and sets nothing again: whoever changed it may have had a reason.
 */
final class DeviceWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceWatch.class);

    /**
     * Something that is no longer as the agent has set it.
     *
     * @param gone whether the device itself is not there any more
     * @param message what is so instead, and the remedy
     */
    record Drift(boolean gone, String message) {}

    private final HostChanges changes;
    private final CounterSet counterSet = new CounterSet(Map.of());
    private final Counter standing;
    private final Counter lost;
    private final Counter losses;
    private final Periodic looks;
    /** By target; what was said about it. This thread's own. */
    private final Map<String, String> known = new HashMap<>();

    private volatile List<Drift> drifts = List.of();

    DeviceWatch(HostChanges changes, Duration interval) {
        this.changes = changes;
        this.standing = counterSet.gauge("dcn_host_changes", "", "Settings of the machine that the agent has changed.");
        this.lost = counterSet.gauge(
                "dcn_host_changes_lost",
                "",
                "Settings of those that somebody else has changed since, or that are gone.");
        this.losses = counterSet.counter(
                "dcn_host_change_losses", "", "Times that a setting was found changed by somebody else, or gone.");
        this.looks = new Periodic("devices", interval, this::look);
    }

    /** Begins to look. */
    DeviceWatch start() {
        looks.start();
        return this;
    }

    CounterSet counterSet() {
        return counterSet;
    }

    /** What was found at the last look. */
    List<Drift> drifts() {
        return drifts;
    }

    /** Looks once. A machine that does not tell has not changed. */
    void look() {
        List<Drift> found = new ArrayList<>();
        List<HostChange> all = changes.standing();
        for (HostChange change : all) {
            try {
                Observation now = change.observe(changes.host());
                if (now.state() == State.AFTER) {
                    recovered(change);
                } else {
                    found.add(drifted(change, now));
                }
            } catch (HostException e) {
                LOG.atDebug()
                        .addKeyValue("device", change.device())
                        .addKeyValue("error", e.getMessage())
                        .log("device-not-observed");
            } catch (RuntimeException e) {
                // A defect in one look must not end the watch.
                LOG.atError().setCause(e).addKeyValue("device", change.device()).log("device-look-failed");
            }
        }
        drifts = List.copyOf(found);
        standing.set(all.size());
        lost.set(found.size());
    }

    private Drift drifted(HostChange change, Observation now) {
        boolean gone = now.state() == State.GONE;
        String message = change.device() + " is not as the agent has set it (" + change.summary() + "): it is "
                + now.value() + (gone ? "; put it back" : "; find out who changed it, and start the agent again");
        if (!message.equals(known.put(change.target(), message))) {
            losses.increment();
            LOG.atWarn()
                    .addKeyValue("device", change.device())
                    .addKeyValue("state", now.state())
                    .addKeyValue("message", message)
                    .log("device-changed");
        }
        return new Drift(gone, message);
    }

    private void recovered(HostChange change) {
        if (known.remove(change.target()) != null) {
            LOG.atInfo()
                    .addKeyValue("device", change.device())
                    .addKeyValue("change", change.summary())
                    .log("device-as-set");
        }
    }

    /** Returns when nobody looks any more. */
    @Override
    public void close() throws InterruptedException {
        looks.close();
    }
}
