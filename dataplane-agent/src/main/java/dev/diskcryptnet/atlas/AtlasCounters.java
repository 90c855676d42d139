package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.counters.Histogram;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.tcp.CloseReason;
import java.util.List;

/** The loop's own counters; one set a worker, written by its thread only. */
final class AtlasCounters {
    private static final int[] STATUSES = {
        200, 204, 206, 304, 400, 403, 404, 405, 408, 412, 413, 414, 416, 417, 431, 500, 501, 503, 505
    };

    /** From one pass of the loop to where people give up. */
    private static final long[] FIRST_BYTE_BOUNDS_NS = Histogram.oneTwoFive(50_000, 2_000_000_000);
    /** From a small object on the same link to a long film's segment on a slow one. */
    private static final long[] RESPONSE_BOUNDS_NS = {
        200_000,
        1_000_000,
        5_000_000,
        20_000_000,
        50_000_000,
        100_000_000,
        200_000_000,
        500_000_000,
        1_000_000_000,
        2_000_000_000,
        5_000_000_000L,
        10_000_000_000L,
        30_000_000_000L,
        100_000_000_000L
    };

    /** From what a second-level cache holds to more than any last-level cache does. */
    private static final long[] REUSE_BOUNDS = {
        1 << 18, 1 << 20, 1 << 21, 1 << 22, 1 << 23, 1 << 24, 1 << 25, 1 << 26, 1 << 27, 1 << 28, 1 << 29
    };

    final LoopCounters loop;
    final Counter sessions;
    final Counter inFlightBytes;
    final Counter malformedSegments;
    final Counter controlSlotsExhausted;
    final Counter dataSlotsExhausted;
    final Counter diskQueueFull;
    final Counter buffersExhausted;
    final TlsCounters tls;
    final Counter rereadBytes;
    final Counter responseBytes;
    final Counter abortedByClient;
    final Counter abortedByServer;
    final Counter abortedByTimeout;
    final TimeoutCounters timeouts;
    final Histogram firstByteTime;
    final Histogram responseTime;
    /** What is told of single responses. */
    final AccessRing access;

    final ReuseDistance slotReuse;
    final ReuseDistance unitReuse;

    private final Counter[] requestsByStatus = new Counter[600];
    private final Counter requestsOther;
    private final Counter[] readErrors;
    private final Counter[] failedStreams;
    private final Counter[] disksDown;

    /** @param engine what seals, or null without a TLS listener */
    AtlasCounters(CounterSet set, List<Disk> disks, CryptEngine engine) {
        loop = new LoopCounters(set);
        sessions = set.gauge("dcn_http_connections", "", "Established connections.");
        inFlightBytes =
                set.gauge("dcn_buffer_in_flight_bytes", "bytes", "Bytes being read into transmit slots and buffers.");
        malformedSegments =
                set.counter("dcn_tcp_malformed_segments", "", "Segments whose header or options made no sense.");
        controlSlotsExhausted =
                set.counter("dcn_port_control_slots_exhausted", "", "Control frames not sent for want of a slot.");
        dataSlotsExhausted =
                set.counter("dcn_port_data_slots_exhausted", "", "Times that sending waited for a data slot.");
        diskQueueFull =
                set.counter("dcn_disk_queue_full", "", "Times that sending waited for a place in a disk queue.");
        buffersExhausted = set.counter(
                "dcn_buffer_exhausted", "", "Times that sending waited for a buffer to read into and seal from.");
        tls = new TlsCounters(set, engine);
        rereadBytes =
                set.counter("dcn_disk_reread_bytes", "bytes", "Bytes read from disk again because TCP had lost them.");
        responseBytes = set.counter(
                "dcn_http_response_bytes",
                "bytes",
                "Bytes of responses, heads and bodies, that clients have acknowledged; without what TLS adds.");
        abortedByClient = aborted(set, "client");
        abortedByServer = aborted(set, "server");
        abortedByTimeout = aborted(set, "timeout");
        timeouts = new TimeoutCounters(set);
        firstByteTime = set.durations(
                "dcn_http_first_byte_seconds",
                "Time from a whole request to its response's first byte given to the port.",
                FIRST_BYTE_BOUNDS_NS);
        responseTime = set.durations(
                "dcn_http_response_seconds",
                "Time from a whole request to its response's last byte acknowledged.",
                RESPONSE_BOUNDS_NS);
        access = new AccessRing(set);
        slotReuse = new ReuseDistance(reuse(set, "slot"));
        unitReuse = new ReuseDistance(reuse(set, "unit"));
        for (int status : STATUSES) {
            requestsByStatus[status] = requests(set, Integer.toString(status));
        }
        requestsOther = requests(set, "other");
        readErrors = new Counter[disks.size()];
        failedStreams = new Counter[disks.size()];
        disksDown = new Counter[disks.size()];
        for (int i = 0; i < readErrors.length; i++) {
            String disk = disks.get(i).facts().id();
            readErrors[i] =
                    set.counter("dcn_disk_read_errors", "", "Reads that failed or came back short.", "disk", disk);
            failedStreams[i] = set.counter(
                    "dcn_disk_failed_streams",
                    "",
                    "Connections reset because the disk did not give what they were to send.",
                    "disk",
                    disk);
            disksDown[i] = set.gauge(
                    "dcn_disk_down", "", "1 while the disk answers no reads; its objects get 503.", "disk", disk);
        }
    }

    private static Counter aborted(CounterSet set, String by) {
        return set.counter(
                "dcn_http_aborted_responses",
                "",
                "Connections that ended before their response was acknowledged, by who ended them.",
                "by",
                by);
    }

    private static Histogram reuse(CounterSet set, String buffer) {
        return set.sizes(
                "dcn_buffer_reuse_distance_bytes",
                "bytes",
                "Bytes read into other buffers since a buffer was read into before; plain responses read into transmit"
                        + " slots, sealed ones into units. What is farther than the cache reaches has left it.",
                REUSE_BOUNDS,
                "buffer",
                buffer);
    }

    private static Counter requests(CounterSet set, String status) {
        return set.counter("dcn_http_requests", "", "Requests answered.", "status", status);
    }

    void onResponse(int status) {
        Counter counter = requestsByStatus[status];
        (counter == null ? requestsOther : counter).increment();
    }

    void onAbortedResponse(CloseReason reason) {
        Counter counter =
                switch (reason) {
                    case RESET_BY_PEER, FINISHED -> abortedByClient;
                    case TIMED_OUT -> abortedByTimeout;
                    case ABORTED -> abortedByServer;
                };
        counter.increment();
    }

    void onReadError(int disk) {
        readErrors[disk].increment();
    }

    void onFailedStream(int disk) {
        failedStreams[disk].increment();
    }

    void onDiskDown(int disk, boolean down) {
        disksDown[disk].set(down ? 1 : 0);
    }
}
