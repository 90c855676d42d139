package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts into the log what the data path counts of its troubles. A loop never logs: it adds to a counter, and this thread
 * looks at the counters now and then and says how much has come on top, summed over the workers.
 */
final class TroubleWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TroubleWatch.class);
    private static final List<String> DEVICE_LABELS = List.of("disk", "port");

    /**
     * A counter that should stand still.
     *
     * @param label that only series count whose value of it is {@code value}; null for all series
     */
    private record Trouble(String event, String counter, String label, String value, String hint) {
        Trouble(String event, String counter, String hint) {
            this(event, counter, null, null, hint);
        }

        boolean isMeant(Map<String, String> labels) {
            return label == null || value.equals(labels.get(label));
        }
    }

    private static final List<Trouble> TROUBLES = List.of(
            new Trouble(
                    "disk-commands-failed",
                    "dcn_disk_errors",
                    "look at the kernel's log for the disk, and replace it if that goes on"),
            new Trouble(
                    "responses-cut-by-disk",
                    "dcn_disk_failed_streams",
                    "connections were reset because the disk did not give what they were to send"),
            new Trouble(
                    "disk-answers-no-reads",
                    "dcn_disk_down",
                    "requests for its objects get 503 until it answers again"),
            new Trouble(
                    "requests-failed", "dcn_http_requests", "status", "500", "look at the disks and for other errors"),
            new Trouble("requests-refused", "dcn_http_requests", "status", "503", "an object's disk answers no reads"),
            new Trouble("clients-too-slow", "dcn_http_timeouts", "requests or acknowledgements did not come in time"),
            new Trouble(
                    "handshakes-failed",
                    "dcn_tls_handshake_failures",
                    "clients that speak no common version or cipher, or that do not trust the certificate"),
            new Trouble("handshakes-refused", "dcn_tls_handshakes_refused", "too many were under way; add workers"),
            new Trouble("tls-records-refused", "dcn_tls_bad_records", "connections were ended for what they sent"),
            new Trouble(
                    "frames-not-sent",
                    "dcn_port_transmit_dropped_frames",
                    "the interface refused them; see ip -s link"),
            new Trouble(
                    "frames-not-received",
                    "dcn_port_receive_dropped_frames",
                    "the receive ring was full; the worker is too busy"),
            new Trouble(
                    "address-conflicts",
                    "dcn_ip_address_conflicts",
                    "another host answers for an address of ours; take it from one of the two"),
            new Trouble(
                    "addresses-not-used",
                    "dcn_ip_duplicate_addresses",
                    "another host had IPv6 addresses of ours first; take them from one of the two, and restart the agent"),
            new Trouble(
                    "connections-refused",
                    "dcn_tcp_syn_dropped",
                    "the table of connections is full, a network has its share of it, or this is a flood; see the label reason"));

    private final List<CounterSet> counterSets;
    private final Periodic looks;
    private final Map<String, Long> known = new HashMap<>();

    TroubleWatch(List<CounterSet> counterSets, Duration interval) {
        this.counterSets = counterSets;
        this.looks = new Periodic("troubles", interval, this::look);
    }

    /** Begins to look. */
    TroubleWatch start() {
        looks.start();
        return this;
    }

    /** Looks once, and says what has become more since the look before. */
    void look() {
        for (Trouble trouble : TROUBLES) {
            sums(trouble).forEach((device, count) -> compare(trouble, device, count));
        }
    }

    private void compare(Trouble trouble, String device, long count) {
        Long before = known.put(trouble.event() + ' ' + device, count);
        long more = count - (before == null ? 0 : before);
        if (more <= 0) {
            return;
        }
        var event = LOG.atWarn();
        int separator = device.indexOf('=');
        if (separator > 0) {
            event = event.addKeyValue(device.substring(0, separator), device.substring(separator + 1));
        }
        event.addKeyValue("count", more)
                .addKeyValue("total", count)
                .addKeyValue("hint", trouble.hint())
                .log(trouble.event());
    }

    /** By device, as {@code disk=sda}; under an empty name what is of none. */
    private Map<String, Long> sums(Trouble trouble) {
        Map<String, Long> sums = new TreeMap<>();
        for (CounterSet set : counterSets) {
            for (Counter counter : set.counters()) {
                Map<String, String> labels = counter.descriptor().labels();
                if (counter.descriptor().name().equals(trouble.counter()) && trouble.isMeant(labels)) {
                    sums.merge(device(labels), counter.get(), Long::sum);
                }
            }
        }
        return sums;
    }

    private static String device(Map<String, String> labels) {
        return DEVICE_LABELS.stream()
                .filter(labels::containsKey)
                .map(label -> label + '=' + labels.get(label))
                .findFirst()
                .orElse("");
    }

    /** Looks a last time, and returns when nobody looks any more. */
    @Override
    public void close() throws InterruptedException {
        looks.close();
        look();
    }
}
