package dev.diskcryptnet.ip;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import java.util.Locale;

/** What one {@link IpHost} counts. */
final class IpCounters {
    final Counter arpRequestsSent;
    final Counter arpRepliesSent;
    final Counter arpUnsent;
    final Counter addressConflicts;
    final Counter echoReplies;
    final Counter unresolved;
    final Counter noRoute;
    final Counter neighbours;
    private final Counter[] dropped = new Counter[DropReason.values().length];

    IpCounters(CounterSet counters, String port) {
        for (DropReason reason : DropReason.values()) {
            dropped[reason.ordinal()] = counters.counter(
                    "dcn_ip_dropped_packets",
                    "",
                    "Received frames that were dropped below TCP.",
                    "port",
                    port,
                    "reason",
                    reason.name().toLowerCase(Locale.ROOT));
        }
        arpRequestsSent = counters.counter("dcn_arp_requests_sent", "", "ARP requests sent.", "port", port);
        arpRepliesSent = counters.counter("dcn_arp_replies_sent", "", "ARP requests answered.", "port", port);
        arpUnsent = counters.counter("dcn_arp_unsent", "", "ARP packets for which no slot was free.", "port", port);
        addressConflicts = counters.counter(
                "dcn_ip_address_conflicts", "", "ARP packets from a station that uses our address.", "port", port);
        echoReplies = counters.counter("dcn_icmp_echo_replies", "", "ICMP echo requests answered.", "port", port);
        unresolved = counters.counter(
                "dcn_ip_unresolved_packets", "", "Frames not sent as the next hop's station is unknown.", "port", port);
        noRoute = counters.counter(
                "dcn_ip_no_route_packets", "", "Frames not sent as no gateway leads to their address.", "port", port);
        neighbours = counters.gauge("dcn_ip_neighbours", "", "Neighbours whose station is known.", "port", port);
    }

    void drop(DropReason reason) {
        dropped[reason.ordinal()].increment();
    }
}
