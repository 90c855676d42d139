package dev.diskcryptnet.tcp;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;

/** What a {@link TcpStack} counts of {@link PathMtu}. */
final class PathMtuCounters {
    final Counter told;
    final Counter suspected;
    final Counter notInFlight;
    final Counter notShorter;
    final Counter lengthened;

    PathMtuCounters(CounterSet set) {
        told = reductions(set, "told");
        suspected = reductions(set, "suspected");
        notInFlight = refused(set, "not_in_flight");
        notShorter = refused(set, "not_shorter");
        lengthened = set.counter(
                "dcn_tcp_path_mtu_increases", "", "Times that longer packets were tried to a peer, and arrived.");
    }

    private static Counter reductions(CounterSet set, String cause) {
        return set.counter(
                "dcn_tcp_path_mtu_reductions",
                "",
                "Times that packets to a peer became shorter: a router said so, or nothing got through.",
                "cause",
                cause);
    }

    private static Counter refused(CounterSet set, String reason) {
        return set.counter(
                "dcn_tcp_path_mtu_refused",
                "",
                "Packet-too-big messages about connections that were not believed, by reason.",
                "reason",
                reason);
    }
}
