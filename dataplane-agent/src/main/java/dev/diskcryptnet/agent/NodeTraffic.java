package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentStatus.DiskTraffic;
import dev.diskcryptnet.admin.AgentStatus.PortTraffic;
import dev.diskcryptnet.admin.AgentStatus.Traffic;
import dev.diskcryptnet.admin.AgentStatus.WorkerTime;
import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** What a node has moved since its start, summed over its workers from their counters. Thread-safe. */
final class NodeTraffic {
    private static final int FIRST_SERVER_ERROR = 500;

    private final Map<String, List<Counter>> byName = new HashMap<>();
    private final List<String> disks;
    private final List<String> ports;
    private final int workers;

    /**
     * @param disks identifiers, as in the label {@code disk}
     * @param ports identifiers, as in the label {@code port}
     */
    NodeTraffic(List<CounterSet> sets, List<String> disks, List<String> ports, int workers) {
        for (CounterSet set : sets) {
            for (Counter counter : set.counters()) {
                byName.computeIfAbsent(counter.descriptor().name(), name -> new ArrayList<>())
                        .add(counter);
            }
        }
        this.disks = disks;
        this.ports = ports;
        this.workers = workers;
    }

    /** All figures, as they are now. */
    Traffic now() {
        return new Traffic(
                sum(NodeStatus.SENT_BYTES),
                sum("dcn_port_receive_bytes"),
                sum("dcn_tcp_retransmitted_bytes"),
                sum("dcn_disk_read_bytes"),
                sum("dcn_http_requests"),
                sum("dcn_http_requests", NodeTraffic::isServerError),
                sum("dcn_http_aborted_responses"),
                sum("dcn_tls_handshakes"),
                sum("dcn_tls_handshakes", labelled("resumed", "true")),
                sum("dcn_tls_handshake_failures") + sum("dcn_tls_handshakes_refused"),
                disks.stream().map(this::disk).toList(),
                ports.stream().map(this::port).toList(),
                IntStream.range(0, workers).mapToObj(this::worker).toList());
    }

    private static boolean isServerError(Counter counter) {
        String status = counter.descriptor().labels().get("status");
        return status != null && status.matches("\\d{3}") && Integer.parseInt(status) >= FIRST_SERVER_ERROR;
    }

    private DiskTraffic disk(String id) {
        Predicate<Counter> its = labelled("disk", id);
        return new DiskTraffic(
                id, sum("dcn_disk_read_bytes", its), sum("dcn_disk_reads", its), sum("dcn_disk_errors", its));
    }

    private PortTraffic port(String id) {
        Predicate<Counter> its = labelled("port", id);
        return new PortTraffic(
                id,
                sum(NodeStatus.SENT_BYTES, its),
                sum("dcn_port_receive_bytes", its),
                sum("dcn_port_transmit_dropped_frames", its),
                sum("dcn_port_receive_dropped_frames", its));
    }

    private WorkerTime worker(int id) {
        double busyNs = sum("dcn_worker_busy_seconds", labelled("worker", Integer.toString(id)));
        return new WorkerTime(id, busyNs / 1e9);
    }

    private static Predicate<Counter> labelled(String label, String value) {
        return counter -> value.equals(counter.descriptor().labels().get(label));
    }

    private long sum(String name) {
        return sum(name, counter -> true);
    }

    private long sum(String name, Predicate<Counter> which) {
        return byName.getOrDefault(name, List.of()).stream()
                .filter(which)
                .mapToLong(Counter::get)
                .sum();
    }
}
