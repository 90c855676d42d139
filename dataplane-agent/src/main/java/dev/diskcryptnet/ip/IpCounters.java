package dev.diskcryptnet.ip;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import java.util.Locale;

/** What one {@link IpHost} counts. */
final class IpCounters {
    final Counter arpRequestsSent;
    final Counter arpRepliesSent;
    final Counter arpUnsent;
    final Counter solicitationsSent;
    final Counter advertisementsSent;
    final Counter ndUnsent;
    final Counter listenerReportsSent;
    final Counter addressConflicts;
    final Counter duplicateAddresses;
    final Counter tentativeAddresses;
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
                "dcn_ip_address_conflicts",
                "",
                "ARP packets and advertisements from a station that uses our address.",
                "port",
                port);
        duplicateAddresses = counters.gauge(
                "dcn_ip_duplicate_addresses",
                "",
                "IPv6 addresses that are not used, as another host had them first.",
                "port",
                port);
        tentativeAddresses = counters.gauge(
                "dcn_ip_tentative_addresses",
                "",
                "IPv6 addresses that are not used yet, as they are asked for on the link.",
                "port",
                port);
        solicitationsSent =
                counters.counter("dcn_nd_solicitations_sent", "", "Neighbour solicitations sent.", "port", port);
        advertisementsSent = counters.counter(
                "dcn_nd_advertisements_sent", "", "Neighbour advertisements sent, asked for or not.", "port", port);
        ndUnsent = counters.counter(
                "dcn_nd_unsent",
                "",
                "Neighbour discovery messages and reports of groups for which no slot was free.",
                "port",
                port);
        listenerReportsSent = counters.counter(
                "dcn_mld_reports_sent", "", "Reports of the multicast groups that the port listens to.", "port", port);
        echoReplies =
                counters.counter("dcn_icmp_echo_replies", "", "ICMP and ICMPv6 echo requests answered.", "port", port);
        unresolved = counters.counter(
                "dcn_ip_unresolved_packets", "", "Frames not sent as the next hop's station is unknown.", "port", port);
        noRoute = counters.counter(
                "dcn_ip_no_route_packets", "", "Frames not sent as no gateway leads to their address.", "port", port);
        neighbours = counters.gauge("dcn_ip_neighbours", "", "Neighbours whose station is known.", "port", port);
    }

    /** Counts, and says that the frame goes no further. */
    boolean drop(DropReason reason) {
        dropped[reason.ordinal()].increment();
        return false;
    }
}
