package dev.diskcryptnet.device;

import dev.diskcryptnet.device.HostChange.Observation;
import dev.diskcryptnet.device.HostChange.State;
import dev.diskcryptnet.device.Restoration.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The changes that one agent makes on the host: each is in the journal before it is made, and all are taken back at the
 * end, the last one first. Any thread; one at a time gets in.
 */
public final class HostChanges implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostChanges.class);

    private final Host host;
    private final DeviceJournal journal;
    private final AutoCloseable hold;
    /** The journal's content, and where there is no journal all that is known. */
    private final List<HostChange> standing = new ArrayList<>();

    private String bootId;

    /** @param journal null for none */
    HostChanges(Host host, DeviceJournal journal, AutoCloseable hold) {
        this.host = host;
        this.journal = journal;
        this.hold = hold;
        this.bootId = host.bootId().get();
        DeviceJournal.Content left = journal == null ? null : journal.read();
        if (left != null) {
            standing.addAll(left.changes());
            bootId = left.bootId();
        }
    }

    /**
     * Takes hold of a state directory for an agent, and puts back what a dead predecessor has left changed.
     *
     * @throws StateException when the directory is in use, the journal cannot be read, or something in it cannot be put
     *     back; nothing is held then
     */
    public static HostChanges open(Path stateDirectory, Host host) {
        HostChanges changes = held(stateDirectory, host);
        try {
            changes.putPredecessorRight();
            return changes;
        } catch (RuntimeException e) {
            changes.letGo();
            throw e;
        }
    }

    /** Changes that only this process knows of: taken back at an orderly end, and lost with a crash. */
    public static HostChanges withoutJournal(Host host) {
        return new HostChanges(host, null, () -> {});
    }

    /**
     * Takes hold of a state directory to put back what its journal has, and does nothing yet.
     *
     * @throws StateException when the directory is in use, or the journal cannot be read; nothing is held then
     */
    public static HostChanges held(Path stateDirectory, Host host) {
        StateDirectory directory = StateDirectory.open(stateDirectory);
        try {
            return new HostChanges(host, directory.journal(), directory);
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private void putPredecessorRight() {
        if (standing.isEmpty()) {
            return;
        }
        LOG.atWarn()
                .addKeyValue("changes", standing.size())
                .addKeyValue("hint", "an agent ended without an end")
                .log("predecessor-left-changes");
        List<String> failures = restore().stream()
                .filter(restoration -> !restoration.done())
                .map(failed -> failed.device() + " " + failed.change() + ": " + failed.message())
                .toList();
        if (!failures.isEmpty()) {
            throw new StateException(
                    StateException.Reason.NOT_RESTORED,
                    "what an agent that died has changed cannot be put back: " + String.join("; ", failures));
        }
    }

    /**
     * Makes a change, after it is in the journal. One that would change nothing is not made.
     *
     * @throws StateException when it cannot be written down; it is not made then
     * @throws HostException when the host refuses it
     */
    public synchronized void apply(HostChange change) {
        if (change.changesNothing()) {
            return;
        }
        for (HostChange other : standing()) {
            if (other.target().equals(change.target())) {
                forget(other);
            }
        }
        standing.add(change);
        record();
        change.apply(host);
        LOG.atInfo()
                .addKeyValue("device", change.device())
                .addKeyValue("change", change.summary())
                .log("host-changed");
    }

    /** A device that was taken out took its change with it; when it is back, it is as it was before, and is changed anew. */
    private void forget(HostChange before) {
        State now = before.observe(host).state();
        if (now != State.GONE && now != State.BEFORE) {
            throw new IllegalStateException(before.device() + " " + before.summary() + " is changed already");
        }
        standing.remove(before);
    }

    /** The machine that is changed. */
    public Host host() {
        return host;
    }

    /** What stands changed, or may. */
    public synchronized List<HostChange> standing() {
        return List.copyOf(standing);
    }

    /**
     * Takes all changes back, the last one first, and looks at each afterwards. What is done leaves the journal at once;
     * what fails stays in it, and the others are taken back all the same. May be called again.
     *
     * @throws StateException when the journal cannot be written; the host has been put back as far as possible then
     */
    public synchronized List<Restoration> restore() {
        boolean restarted = !bootId.equals(host.bootId().get());
        List<Restoration> report = new ArrayList<>();
        StateException unwritten = null;
        for (HostChange change : List.copyOf(standing).reversed()) {
            Restoration restoration = restarted
                    ? Restoration.of(change, Outcome.RESTARTED, "the machine was started anew since")
                    : restore(change);
            report.add(restoration);
            log(restoration);
            if (restoration.done()) {
                standing.remove(change);
                unwritten = tryToRecord(unwritten);
            }
        }
        if (standing.isEmpty()) {
            bootId = host.bootId().get();
            unwritten = tryToRecord(null); // removes what a write that broke off has left
        }
        if (unwritten != null) {
            throw unwritten;
        }
        return report;
    }

    private Restoration restore(HostChange change) {
        try {
            Observation found = change.observe(host);
            if (found.state() == State.GONE) {
                return Restoration.of(change, Outcome.GONE, found.value());
            }
            if (found.state() == State.BEFORE) {
                return Restoration.of(change, Outcome.AS_BEFORE, "found " + found.value());
            }
            change.undo(host);
            Observation now = change.observe(host);
            String message = "found " + found.value()
                    + (found.state() == State.OTHER ? ", which is not what the agent had set" : "");
            return now.state() == State.BEFORE
                    ? Restoration.of(change, Outcome.RESTORED, message)
                    : Restoration.of(
                            change,
                            Outcome.FAILED,
                            message + ", put back, and it is " + now.value()
                                    + " again; stop what sets it, and release once more");
        } catch (HostException e) {
            return Restoration.of(change, Outcome.FAILED, e.getMessage());
        }
    }

    private static void log(Restoration restoration) {
        LOG.atLevel(restoration.done() ? Level.INFO : Level.ERROR)
                .addKeyValue("device", restoration.device())
                .addKeyValue("change", restoration.change())
                .addKeyValue("outcome", restoration.outcome())
                .addKeyValue("message", restoration.message())
                .log("host-restored");
    }

    /** A journal that says too much does no harm: the next one to read it finds the host as before. */
    private StateException tryToRecord(StateException before) {
        try {
            record();
            return null;
        } catch (StateException e) {
            return before == null ? e : before;
        }
    }

    private void record() {
        if (journal != null) {
            journal.write(new DeviceJournal.Content(bootId, standing));
        }
    }

    /**
     * Takes all changes back and lets go of the directory. What fails is logged, and is left to the next start or a
     * release.
     */
    @Override
    public void close() {
        try {
            restore();
        } finally {
            letGo();
        }
    }

    /** Leaves everything as it is, as a crash would. */
    public void letGo() {
        try {
            hold.close();
        } catch (Exception e) {
            LOG.atError().setCause(e).log("state-directory-not-closed");
        }
    }
}
