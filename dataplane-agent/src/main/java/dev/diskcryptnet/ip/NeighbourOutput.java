package dev.diskcryptnet.ip;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.Icmpv6Descriptor;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv6Descriptor;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import dev.diskcryptnet.wire.MacAddress;
import dev.diskcryptnet.wire.NeighbourFlyweight;

/** Writes neighbour solicitations and advertisements (RFC 4861 4.3, 4.4) to the control ring. */
final class NeighbourOutput implements NeighbourCache.Requester {
    /** RFC 4861 3.1: what a router has passed on has less. */
    static final int HOP_LIMIT = 255;

    private final TxRing control;
    private final long ownStation;
    private final Ipv6Addresses local;
    private final IpCounters counters;
    private final RateLimit requests = new RateLimit(ArpOutput.REQUEST_BURST, ArpOutput.REQUEST_INTERVAL_NS);

    NeighbourOutput(TxRing control, long ownStation, Ipv6Addresses local, IpCounters counters) {
        this.control = control;
        this.ownStation = ownStation;
        this.local = local;
        this.counters = counters;
    }

    @Override
    public boolean request(long nowNs, long high, long low, long station) {
        int source = local.sourceFor(high, low);
        if (source == Ipv6Addresses.NONE || !requests.tryTake(nowNs)) {
            return false;
        }
        boolean everybody = station == Neighbour.NO_STATION;
        long groupLow = IpAddress.solicitedNodeLow(low);
        return send(
                everybody ? MacAddress.ofIpv6Group(groupLow) : station,
                Icmpv6Descriptor.TYPE_NEIGHBOUR_SOLICITATION,
                0,
                local.high(source),
                local.low(source),
                everybody ? IpAddress.SOLICITED_NODE_HIGH : high,
                everybody ? groupLow : low,
                high,
                low,
                ownStation);
    }

    /** Asks whether somebody has an address that is to be ours (RFC 4862 5.4.2). */
    boolean askForOwn(int index) {
        long low = local.low(index);
        long groupLow = IpAddress.solicitedNodeLow(low);
        return send(
                MacAddress.ofIpv6Group(groupLow),
                Icmpv6Descriptor.TYPE_NEIGHBOUR_SOLICITATION,
                0,
                0,
                0,
                IpAddress.SOLICITED_NODE_HIGH,
                groupLow,
                local.high(index),
                low,
                NeighbourFlyweight.NO_STATION);
    }

    /** Answers a solicitation for one of our addresses (RFC 4861 7.2.4). */
    void answer(int index, long station, long high, long low) {
        advertise(index, station, high, low, Icmpv6Descriptor.FLAG_SOLICITED);
    }

    /** Tells every host of the link that an address is ours (RFC 4861 7.2.6). */
    void announce(int index) {
        IpAddress all = IpAddress.ALL_NODES;
        advertise(index, MacAddress.ofIpv6Group(all.low()), all.high(), all.low(), 0);
    }

    private void advertise(int index, long station, long high, long low, int flags) {
        send(
                station,
                Icmpv6Descriptor.TYPE_NEIGHBOUR_ADVERTISEMENT,
                flags | Icmpv6Descriptor.FLAG_OVERRIDE,
                local.high(index),
                local.low(index),
                high,
                low,
                local.high(index),
                local.low(index),
                ownStation);
    }

    private boolean send(
            long station,
            int type,
            int flags,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            long targetHigh,
            long targetLow,
            long stationOption) {
        int slot = control.take();
        if (slot < 0) {
            counters.ndUnsent.increment();
            return false;
        }
        var buffer = control.buffer();
        int message = control.slotOffset(slot) + control.payloadOffset();
        int packet = message - Ipv6Descriptor.HEADER_BYTES;
        int frame = packet - EthernetDescriptor.HEADER_BYTES;
        int messageBytes = NeighbourFlyweight.write(
                buffer,
                message,
                type,
                flags,
                sourceHigh,
                sourceLow,
                destinationHigh,
                destinationLow,
                targetHigh,
                targetLow,
                stationOption);
        EthernetFlyweight.write(buffer, frame, station, ownStation, EthernetDescriptor.TYPE_IPV6);
        Ipv6Flyweight.write(
                buffer,
                packet,
                messageBytes,
                Ipv6Descriptor.NEXT_HEADER_ICMPV6,
                HOP_LIMIT,
                sourceHigh,
                sourceLow,
                destinationHigh,
                destinationLow);
        control.send(slot, frame, message - frame + messageBytes, 0, 0, 0);
        Counter sent = type == Icmpv6Descriptor.TYPE_NEIGHBOUR_SOLICITATION
                ? counters.solicitationsSent
                : counters.advertisementsSent;
        sent.increment();
        return true;
    }
}
