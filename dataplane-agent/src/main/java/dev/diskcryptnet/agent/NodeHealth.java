package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentStatus.Health;
import dev.diskcryptnet.admin.AgentStatus.Health.State;
import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.device.HostException;
import dev.diskcryptnet.device.Links;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.diskmap.DiskHealth;
import dev.diskcryptnet.netmap.PortFacts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How a node's devices are, looked at when somebody asks. One thread at a time. */
final class NodeHealth {
    private static final String ERRORS = "dcn_disk_errors";
    private static final String DOWN = "dcn_disk_down";
    private static final String LINK_UP = "dcn_port_link_up";
    private static final long FAILING_NS = 60_000_000_000L;

    private final List<CounterSet> counterSets;
    private final Links links;
    private final Map<String, Errors> errors = new HashMap<>();

    /** Errors of a disk as of the last look, and when they last became more. */
    private record Errors(long count, long sinceNs, boolean any) {}

    NodeHealth(List<CounterSet> counterSets, Links links) {
        this.counterSets = counterSets;
        this.links = links;
    }

    /**
     * How a disk is.
     *
     * @param told by its driver
     * @param awaited why a disk that went has not been taken back; null when it is there
     * @param readOnlyReason why the disk takes no writes, or null
     */
    Health disk(DiskFacts disk, DiskHealth told, String awaited, String readOnlyReason, long nowNs) {
        Path file = DiskOptions.file(disk.uri());
        Errors now = errors(disk.id(), nowNs);
        if (awaited != null || told.state() == DiskHealth.State.GONE) {
            return new Health(
                    State.Missing,
                    "disk=" + disk.uri() + " is not there any more; plug it in, and it is served from again"
                            + (awaited == null ? "" : "; last try: " + awaited));
        }
        if (file != null && !Files.exists(file)) {
            return new Health(State.Missing, "disk=" + file + " is not there any more; plug it in, or mend its path");
        }
        if (told.state() != DiskHealth.State.OK) {
            return new Health(
                    State.Failing,
                    "disk=" + disk.uri()
                            + (told.state() == DiskHealth.State.RECOVERING
                                    ? " is being reset, and comes back by itself: "
                                    : " has failed and is tried again now and then; replace it if that goes on: ")
                            + told.message());
        }
        if (sum(DOWN, "disk", disk.id()) > 0) {
            return new Health(
                    State.Failing,
                    "disk=" + disk.uri() + " answers no reads, and requests for its objects get 503, until it does;"
                            + " look at the kernel's log for it");
        }
        if (now.any() && nowNs - now.sinceNs() < FAILING_NS) {
            return new Health(
                    State.Failing,
                    "disk=" + disk.uri() + " has failed commands, errors=" + now.count()
                            + "; look at the kernel's log for it, and replace it if that goes on");
        }
        if (told.criticalWarning() > 0) {
            return new Health(
                    State.Failing,
                    "disk=" + disk.uri() + " warns of itself: SMART criticalWarning=" + told.criticalWarning()
                            + " (1 spare low, 2 temperature, 4 reliability, 8 read only, 16 memory backup)"
                            + "; cool or replace it");
        }
        return readOnlyReason == null
                ? Health.GOOD
                : new Health(State.ReadOnly, "disk=" + disk.id() + " takes no writes: " + readOnlyReason);
    }

    private Errors errors(String disk, long nowNs) {
        long count = sum(ERRORS, "disk", disk);
        Errors before = errors.getOrDefault(disk, new Errors(0, nowNs, false));
        Errors now = count > before.count() ? new Errors(count, nowNs, true) : before;
        errors.put(disk, now);
        return now;
    }

    Health port(PortFacts port) {
        String name = port.interfaceName();
        if (port.isInterface() && isMissing(name)) {
            return new Health(State.Missing, "interface=" + name + " is not there any more; see ip link");
        }
        return sum(LINK_UP, "port", name) > 0
                ? Health.GOOD
                : new Health(
                        State.LinkDown,
                        "interface=" + name + " is down or has no carrier; plug the cable in, or run: ip link set "
                                + name + " up");
    }

    private boolean isMissing(String interfaceName) {
        try {
            return links.index(interfaceName).isEmpty();
        } catch (HostException e) {
            return false; // it is not known; whether frames leave is told by the link's state
        }
    }

    private long sum(String name, String label, String value) {
        long sum = 0;
        for (CounterSet set : counterSets) {
            for (Counter counter : set.counters()) {
                if (counter.descriptor().name().equals(name)
                        && value.equals(counter.descriptor().labels().get(label))) {
                    sum += counter.get();
                }
            }
        }
        return sum;
    }
}
