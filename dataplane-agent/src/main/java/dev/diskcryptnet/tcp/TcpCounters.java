package dev.diskcryptnet.tcp;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.counters.Histogram;

/** The counters of one {@link TcpStack}. */
final class TcpCounters {
    /** From a neighbour's to a satellite's, and what queues make of it. */
    private static final long[] ROUND_TRIP_BOUNDS_NS = Histogram.oneTwoFive(50_000, 2_000_000_000);
    /** From one segment to what fills a fast link over a long way. */
    private static final long[] WINDOW_BOUNDS = {
        1 << 11, 1 << 13, 1 << 14, 1 << 15, 1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20, 1 << 21, 1 << 22, 1 << 24
    };

    final Counter connections;
    final Counter halfOpen;
    final Counter timeWait;
    final Counter opened;
    final Counter segmentsReceived;
    final Counter segmentsSent;
    final Counter outputFull;
    final Counter transmitted;
    final Counter retransmittedByRack;
    final Counter retransmittedByProbe;
    final Counter retransmittedByTimeout;
    final Counter retransmittedByDuplicates;
    final Counter droppedPaws;
    final Counter droppedNoTimestamp;
    final Counter droppedOutOfWindow;
    final Counter droppedBadAcknowledgement;
    final Counter droppedNoStorage;
    final Counter droppedNoConnection;
    final Counter cookiesSent;
    final Counter cookiesSentToPrefix;
    final Counter cookiesAccepted;
    final Counter synDroppedConnections;
    final Counter synDroppedPrefix;
    final Counter synDroppedDraining;
    final Counter synDroppedFlood;
    final Counter halfOpenTimeouts;
    final Counter challengeAcks;
    final Counter resetsSent;
    final Counter outOfOrder;
    final Counter duplicateAcks;
    final Counter windowProbes;
    final Counter retransmissionTimeouts;
    final Counter fastRecoveries;
    final Counter recoveriesUndone;
    final Counter duplicatesReported;
    final Counter tailLossProbes;
    final Counter timeWaitEvicted;
    final Counter ecnConnections;
    final Counter marksReceived;
    final Counter echoesReceived;
    final Counter reductionsForMarks;
    final Histogram roundTripTime;
    final Histogram congestionWindow;
    private final Counter[] closed = new Counter[CloseReason.values().length];

    TcpCounters(CounterSet set) {
        connections = set.gauge("dcn_tcp_connections", "", "Established connections.");
        halfOpen = set.gauge("dcn_tcp_half_open_connections", "", "Connections in SYN-RECEIVED.");
        timeWait = set.gauge("dcn_tcp_time_wait_connections", "", "Connections in TIME-WAIT.");
        opened = set.counter("dcn_tcp_connections_opened", "", "Connections that were established.");
        for (CloseReason reason : CloseReason.values()) {
            closed[reason.ordinal()] = set.counter(
                    "dcn_tcp_connections_closed",
                    "",
                    "Connections that ended, by reason.",
                    "reason",
                    reason.name().toLowerCase(java.util.Locale.ROOT));
        }
        segmentsReceived = set.counter("dcn_tcp_segments_received", "", "Segments received.");
        segmentsSent = set.counter("dcn_tcp_segments_sent", "", "Segments without stream data sent.");
        outputFull = set.counter("dcn_tcp_segments_unsent", "", "Segments without stream data that found no slot.");
        transmitted =
                set.counter("dcn_tcp_transmitted_bytes", "bytes", "Stream bytes sent, those sent again included.");
        retransmittedByRack = retransmitted(set, "rack");
        retransmittedByProbe = retransmitted(set, "tlp");
        retransmittedByTimeout = retransmitted(set, "rto");
        retransmittedByDuplicates = retransmitted(set, "duplicate_acks");
        droppedPaws = dropped(set, "paws");
        droppedNoTimestamp = dropped(set, "no_timestamp");
        droppedOutOfWindow = dropped(set, "out_of_window");
        droppedBadAcknowledgement = dropped(set, "bad_acknowledgement");
        droppedNoStorage = dropped(set, "no_storage");
        droppedNoConnection = dropped(set, "no_connection");
        cookiesSent = cookiesSent(set, "backlog");
        cookiesSentToPrefix = cookiesSent(set, "prefix_limit");
        cookiesAccepted = set.counter(
                "dcn_tcp_syn_cookies_accepted", "", "Connections established by what such a SYN-ACK brought back.");
        synDroppedConnections = synDropped(set, "connection_limit");
        synDroppedPrefix = synDropped(set, "prefix_limit");
        synDroppedDraining = synDropped(set, "draining");
        synDroppedFlood = synDropped(set, "flood");
        halfOpenTimeouts = set.counter("dcn_tcp_half_open_timeouts", "", "Half-open connections given up.");
        challengeAcks = set.counter("dcn_tcp_challenge_acks", "", "Challenge ACKs sent (RFC 5961).");
        resetsSent = set.counter("dcn_tcp_resets_sent", "", "RST segments sent.");
        outOfOrder = set.counter("dcn_tcp_out_of_order_segments", "", "Segments received ahead of a hole.");
        duplicateAcks = set.counter("dcn_tcp_duplicate_acks", "", "Duplicate ACKs received.");
        windowProbes = set.counter("dcn_tcp_zero_window_probes", "", "Window probes sent.");
        retransmissionTimeouts = set.counter("dcn_tcp_retransmission_timeouts", "", "Retransmission timer expiries.");
        fastRecoveries = set.counter("dcn_tcp_fast_recoveries", "", "Loss recoveries entered without a timeout.");
        recoveriesUndone = set.counter(
                "dcn_tcp_recoveries_undone", "", "Loss recoveries taken back, as nothing had been lost (RFC 4015).");
        duplicatesReported =
                set.counter("dcn_tcp_duplicates_reported", "", "ACKs that report bytes received twice (RFC 2883).");
        tailLossProbes = set.counter("dcn_tcp_tail_loss_probes", "", "Tail loss probes wanted (RFC 8985).");
        timeWaitEvicted = set.counter("dcn_tcp_time_wait_evicted", "", "TIME-WAIT entries forgotten early.");
        ecnConnections = set.counter(
                "dcn_tcp_ecn_connections_opened", "", "Connections that were established with ECN (RFC 3168).");
        marksReceived =
                set.counter("dcn_tcp_ecn_marks_received", "", "Data segments received that a router had marked (CE).");
        echoesReceived =
                set.counter("dcn_tcp_ecn_echoes_received", "", "ACKs that tell of marks on what was sent (ECE).");
        reductionsForMarks = set.counter(
                "dcn_tcp_ecn_reductions", "", "Congestion windows reduced for marks: at most one a round trip.");
        roundTripTime = set.durations(
                "dcn_tcp_round_trip_seconds",
                "Time from sending a segment to its acknowledgement, of one segment a round trip and connection.",
                ROUND_TRIP_BOUNDS_NS);
        congestionWindow = set.sizes(
                "dcn_tcp_congestion_window_bytes",
                "bytes",
                "Congestion windows, once a round trip and connection.",
                WINDOW_BOUNDS);
    }

    Counter closed(CloseReason reason) {
        return closed[reason.ordinal()];
    }

    private static Counter retransmitted(CounterSet set, String cause) {
        return set.counter(
                "dcn_tcp_retransmitted_bytes", "bytes", "Stream bytes sent again, by cause.", "cause", cause);
    }

    private static Counter dropped(CounterSet set, String reason) {
        return set.counter("dcn_tcp_segments_dropped", "", "Segments dropped, by reason.", "reason", reason);
    }

    private static Counter cookiesSent(CounterSet set, String reason) {
        return set.counter(
                "dcn_tcp_syn_cookies_sent",
                "",
                "SYN-ACKs of which nothing was kept (RFC 4987), for want of room or as the network has its share.",
                "reason",
                reason);
    }

    private static Counter synDropped(CounterSet set, String reason) {
        return set.counter(
                "dcn_tcp_syn_dropped",
                "",
                "SYN segments that opened no connection, by reason; while draining they are answered by RST, in a flood the"
                        + " port drops them.",
                "reason",
                reason);
    }
}
