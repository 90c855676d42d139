package dev.diskcryptnet.ip;

import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IcmpDescriptor;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.Icmpv6Descriptor;
import dev.diskcryptnet.wire.Ipv6Descriptor;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import dev.diskcryptnet.wire.MacAddress;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** The IPv6 half of an {@link IpHost}: neighbour discovery, the groups that it comes by, ICMPv6 echo, routes. */
final class Ipv6Host implements HeaderWriter {
    /** RFC 8200 3; as for IPv4 the value of the Assigned Numbers registry. */
    private static final int HOP_LIMIT = 64;

    private static final int HEADERS_BYTES = EthernetDescriptor.HEADER_BYTES + Ipv6Descriptor.HEADER_BYTES;

    private final long ownStation;
    private final Ipv6Addresses local;
    private final NeighbourCache neighbours;
    private final AddressClaims claims;
    private final GroupMembership groups;
    private final NeighbourInput neighbourInput;
    private final Ipv6Input input;
    private final EchoResponder echo;
    private final IpCounters counters;

    private long lastHigh;
    private long lastLow;
    private Neighbour last;
    private long lastHopHigh;
    private long lastHopLow;

    Ipv6Host(PortFacts facts, TxRing control, IpConfig config, IpCounters counters, boolean answers) {
        this.ownStation = facts.macAddress();
        this.counters = counters;
        this.local = new Ipv6Addresses(config, ownStation);
        var output = new NeighbourOutput(control, ownStation, local, counters);
        this.neighbours = new NeighbourCache(
                output,
                config.gateways().stream().filter(gateway -> !gateway.isIpv4()).toList());
        this.claims = new AddressClaims(local, output, counters, answers);
        this.groups = new GroupMembership(control, ownStation, local, counters, answers);
        this.neighbourInput = new NeighbourInput(ownStation, local, neighbours, output, claims, counters, answers);
        this.input = new Ipv6Input(local);
        this.echo = EchoResponder.ofIpv6(control, this, facts.mtu(), counters);
    }

    /**
     * Takes in a packet, see {@link IpHost#receive}.
     *
     * @param destination station that the frame went to
     */
    boolean receive(
            long nowNs, DirectBuffer buffer, int frame, int packetBytes, long destination, int flags, IpDatagram out) {
        boolean group = !MacAddress.isUnicast(destination);
        if (group ? !MacAddress.isIpv6Group(destination) : destination != ownStation) {
            return counters.drop(DropReason.NOT_OUR_STATION);
        }
        int packet = frame + EthernetDescriptor.HEADER_BYTES;
        DropReason reason = input.check(buffer, packet, packetBytes, group);
        if (reason != null) {
            return counters.drop(reason);
        }
        out.sourceHigh = Ipv6Flyweight.sourceHigh(buffer, packet);
        out.sourceLow = Ipv6Flyweight.sourceLow(buffer, packet);
        out.destinationHigh = Ipv6Flyweight.destinationHigh(buffer, packet);
        out.destinationLow = Ipv6Flyweight.destinationLow(buffer, packet);
        out.trafficClass = Ipv6Flyweight.trafficClass(buffer, packet);
        out.transportOffset = input.transportOffset();
        out.transportBytes = input.transportBytes();
        if (input.protocol() == Ipv6Descriptor.NEXT_HEADER_ICMPV6) {
            receiveIcmp(nowNs, buffer, frame, group, out);
            return false;
        }
        return input.isTcpChecksumGood(buffer, packet, flags) || counters.drop(DropReason.CHECKSUM);
    }

    private void receiveIcmp(long nowNs, DirectBuffer buffer, int frame, boolean group, IpDatagram message) {
        int offset = message.transportOffset;
        if (message.transportBytes < IcmpDescriptor.HEADER_BYTES) {
            counters.drop(DropReason.MALFORMED);
            return;
        }
        if (!IcmpFlyweight.isIcmpv6ChecksumGood(
                buffer,
                offset,
                message.transportBytes,
                message.sourceHigh,
                message.sourceLow,
                message.destinationHigh,
                message.destinationLow)) {
            counters.drop(DropReason.CHECKSUM);
            return;
        }
        long station = EthernetFlyweight.source(buffer, frame);
        switch (IcmpFlyweight.type(buffer, offset)) {
            case Icmpv6Descriptor.TYPE_NEIGHBOUR_SOLICITATION, Icmpv6Descriptor.TYPE_NEIGHBOUR_ADVERTISEMENT ->
                receiveNeighbour(nowNs, buffer, frame, station, message);
            case Icmpv6Descriptor.TYPE_PACKET_TOO_BIG -> {
                if (group || !PacketTooBigInput.readIpv6(buffer, message, local)) {
                    counters.drop(DropReason.ICMP);
                }
            }
            case Icmpv6Descriptor.TYPE_LISTENER_QUERY -> {
                int hopLimit = Ipv6Flyweight.hopLimit(buffer, frame + EthernetDescriptor.HEADER_BYTES);
                if (!groups.onQuery(nowNs, buffer, message, hopLimit, input.hadRouterAlert())) {
                    counters.drop(DropReason.MLD_MALFORMED);
                }
            }
            case Icmpv6Descriptor.TYPE_ROUTER_ADVERTISEMENT -> counters.drop(DropReason.ROUTER_ADVERTISEMENT);
            case Icmpv6Descriptor.TYPE_REDIRECT -> counters.drop(DropReason.REDIRECT);
            default -> receiveOther(nowNs, buffer, station, group, message);
        }
    }

    private void receiveNeighbour(long nowNs, DirectBuffer buffer, int frame, long station, IpDatagram message) {
        if (Ipv6Flyweight.hopLimit(buffer, frame + EthernetDescriptor.HEADER_BYTES) != NeighbourOutput.HOP_LIMIT) {
            counters.drop(DropReason.HOP_LIMIT);
        } else if (input.hadFragmentHeader()) {
            counters.drop(DropReason.ND_MALFORMED);
        } else {
            neighbourInput.receive(nowNs, buffer, station, message);
        }
    }

    private void receiveOther(long nowNs, DirectBuffer buffer, long station, boolean group, IpDatagram message) {
        if (group) {
            counters.drop(DropReason.ICMP); // RFC 4443 4.2: an answer to a group's echo is not asked of us
            return;
        }
        echo.receive(
                nowNs,
                buffer,
                message.transportOffset,
                message.transportBytes,
                station,
                message.sourceHigh,
                message.sourceLow,
                message.destinationHigh,
                message.destinationLow);
    }

    /** See {@link IpHost#nextHop}. */
    long nextHop(long nowNs, long high, long low) {
        Neighbour neighbour = last;
        if (neighbour == null || low != lastLow || high != lastHigh || !neighbour.is(lastHopHigh, lastHopLow)) {
            neighbour = route(nowNs, high, low);
            if (neighbour == null) {
                counters.noRoute.increment();
                return Neighbour.NO_STATION;
            }
        }
        long station = neighbours.use(nowNs, neighbour);
        if (station == Neighbour.NO_STATION) {
            last = null;
            counters.unresolved.increment();
        } else {
            last = neighbour;
            lastHopHigh = neighbour.high;
            lastHopLow = neighbour.low;
            lastHigh = high;
            lastLow = low;
        }
        return station;
    }

    /** See {@link IpHost#suspect}. */
    void suspect(long nowNs, long high, long low) {
        Neighbour neighbour = route(nowNs, high, low);
        if (neighbour != null) {
            neighbours.suspect(nowNs, neighbour);
        }
    }

    private Neighbour route(long nowNs, long high, long low) {
        if (!local.isPossibleSource(high, low)) {
            return null;
        }
        return local.isOnLink(high, low) ? neighbours.lookUp(nowNs, high, low) : neighbours.gateway(nowNs);
    }

    @Override
    public int headerBytes() {
        return HEADERS_BYTES;
    }

    @Override
    public void writeHeaders(
            MutableDirectBuffer buffer,
            int offset,
            long station,
            long localHigh,
            long localLow,
            long remoteHigh,
            long remoteLow,
            int trafficClass,
            int protocol,
            int transportBytes) {
        EthernetFlyweight.write(buffer, offset, station, ownStation, EthernetDescriptor.TYPE_IPV6);
        Ipv6Flyweight.write(
                buffer,
                offset + EthernetDescriptor.HEADER_BYTES,
                trafficClass,
                transportBytes,
                protocol,
                HOP_LIMIT,
                localHigh,
                localLow,
                remoteHigh,
                remoteLow);
    }

    /** See {@link IpHost#announce}: first it is asked whether others have our addresses. */
    void announce(long nowNs) {
        groups.join(nowNs);
        claims.start(nowNs);
    }

    void onTimers(long nowNs) {
        if (claims.onTimers(nowNs)) {
            groups.joinAgain(nowNs);
            neighbours.resolveGateways(nowNs);
        }
        neighbours.onTimers(nowNs);
        groups.onTimers(nowNs);
    }

    long nextDeadlineNs() {
        return Math.min(groups.nextDeadlineNs(), Math.min(claims.nextDeadlineNs(), neighbours.nextDeadlineNs()));
    }

    int knownNeighbours() {
        return neighbours.known();
    }
}
