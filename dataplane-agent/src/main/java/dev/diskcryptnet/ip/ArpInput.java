package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.ArpDescriptor;
import dev.diskcryptnet.wire.ArpFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.MacAddress;
import org.agrona.DirectBuffer;

/** Receives ARP packets (RFC 826, "Packet Reception") and defends our addresses (RFC 5227 2.4 (b)). */
final class ArpInput {
    /** RFC 5227 1.1, DEFEND_INTERVAL. */
    private static final long DEFEND_INTERVAL_NS = 10_000_000_000L;

    private final long ownStation;
    private final Ipv4Addresses local;
    private final NeighbourCache neighbours;
    private final ArpOutput output;
    private final IpCounters counters;
    private final boolean answers;
    private final RateLimit defences = new RateLimit(1, DEFEND_INTERVAL_NS);

    ArpInput(
            long ownStation,
            Ipv4Addresses local,
            NeighbourCache neighbours,
            ArpOutput output,
            IpCounters counters,
            boolean answers) {
        this.ownStation = ownStation;
        this.local = local;
        this.neighbours = neighbours;
        this.output = output;
        this.counters = counters;
        this.answers = answers;
    }

    /** Takes in the packet at {@code offset}, of which {@code lengthBytes} are present. */
    void receive(long nowNs, DirectBuffer buffer, int offset, int lengthBytes) {
        if (lengthBytes < ArpDescriptor.PACKET_BYTES || !ArpFlyweight.isEthernetIpv4(buffer, offset)) {
            counters.drop(DropReason.ARP_MALFORMED);
            return;
        }
        long station = ArpFlyweight.senderHardware(buffer, offset);
        int sender = ArpFlyweight.senderProtocol(buffer, offset);
        int target = ArpFlyweight.targetProtocol(buffer, offset);
        int operation = ArpFlyweight.operation(buffer, offset);
        boolean known = operation == ArpDescriptor.OPERATION_REQUEST || operation == ArpDescriptor.OPERATION_REPLY;
        if (!known || !MacAddress.isUnicast(station) || station == ownStation) {
            counters.drop(DropReason.ARP_MALFORMED);
        } else if (local.isLocal(sender)) {
            defend(nowNs, sender);
        } else if (sender == 0 && operation == ArpDescriptor.OPERATION_REQUEST) {
            answer(operation, target, station, sender);
        } else if (!local.isOnLink(sender)) {
            counters.drop(DropReason.ARP_MALFORMED);
        } else {
            long low = IpAddress.lowOfIpv4(sender);
            if (!neighbours.merge(nowNs, 0, low, station) && local.isLocal(target)) {
                neighbours.learn(nowNs, 0, low, station);
            }
            answer(operation, target, station, sender);
        }
    }

    /** A sender of 0 probes whether an address is taken (RFC 5227 2.1.1): it is answered, and teaches nothing. */
    private void answer(int operation, int target, long station, int sender) {
        if (answers && operation == ArpDescriptor.OPERATION_REQUEST && local.isLocal(target)) {
            output.reply(target, station, sender);
        }
    }

    private void defend(long nowNs, int address) {
        counters.addressConflicts.increment();
        if (answers && defences.tryTake(nowNs)) {
            output.announce(address);
        }
    }
}
