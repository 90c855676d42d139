package dev.diskcryptnet.ip;

import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** The IPv4 half of an {@link IpHost}: ARP, ICMP echo, routes. */
final class Ipv4Host implements HeaderWriter {
    /** RFC 1122 3.2.1.7; the value of the Assigned Numbers registry. */
    private static final int TIME_TO_LIVE = 64;

    /** RFC 5227 1.1, ANNOUNCE_NUM and ANNOUNCE_INTERVAL. */
    private static final int ANNOUNCEMENTS = 2;

    private static final long ANNOUNCE_INTERVAL_NS = 2_000_000_000L;

    private static final int HEADERS_BYTES = EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.HEADER_BYTES;

    private final long ownStation;
    private final boolean answers;
    private final Ipv4Addresses local;
    private final NeighbourCache neighbours;
    private final ArpOutput arpOutput;
    private final ArpInput arpInput;
    private final Ipv4Input input;
    private final EchoResponder echo;
    private final IpCounters counters;
    private int identification;
    private int announcementsLeft;
    private long announceNs = Long.MAX_VALUE;

    private int lastRemote;
    private Neighbour last;
    private long lastHopLow;

    Ipv4Host(PortFacts facts, TxRing control, IpConfig config, IpCounters counters, boolean answers) {
        this.ownStation = facts.macAddress();
        this.answers = answers;
        this.local = new Ipv4Addresses(config);
        this.counters = counters;
        this.arpOutput = new ArpOutput(control, ownStation, local, counters);
        this.neighbours = new NeighbourCache(
                arpOutput, config.gateways().stream().filter(IpAddress::isIpv4).toList());
        this.arpInput = new ArpInput(ownStation, local, neighbours, arpOutput, counters, answers);
        this.input = new Ipv4Input(local);
        this.echo = EchoResponder.ofIpv4(control, this, facts.mtu(), counters);
    }

    /** Takes in an ARP packet. */
    void receiveArp(long nowNs, DirectBuffer buffer, int packet, int packetBytes) {
        arpInput.receive(nowNs, buffer, packet, packetBytes);
    }

    /** Takes in a packet, see {@link IpHost#receive}. */
    boolean receive(long nowNs, DirectBuffer buffer, int frame, int packetBytes, int flags, IpDatagram out) {
        int packet = frame + EthernetDescriptor.HEADER_BYTES;
        DropReason reason = input.check(buffer, packet, packetBytes);
        if (reason != null) {
            return counters.drop(reason);
        }
        int headerBytes = Ipv4Flyweight.headerBytes(buffer, packet);
        out.trafficClass = Ipv4Flyweight.trafficClass(buffer, packet);
        out.transportOffset = packet + headerBytes;
        out.transportBytes = Ipv4Flyweight.totalBytes(buffer, packet) - headerBytes;
        out.sourceHigh = 0;
        out.sourceLow = IpAddress.lowOfIpv4(Ipv4Flyweight.source(buffer, packet));
        out.destinationHigh = 0;
        out.destinationLow = IpAddress.lowOfIpv4(Ipv4Flyweight.destination(buffer, packet));
        int protocol = Ipv4Flyweight.protocol(buffer, packet);
        if (protocol == Ipv4Descriptor.PROTOCOL_ICMP) {
            receiveIcmp(nowNs, buffer, frame, out);
            return false;
        }
        if (protocol != Ipv4Descriptor.PROTOCOL_TCP) {
            return counters.drop(DropReason.PROTOCOL);
        }
        return Ipv4Input.isTcpChecksumGood(buffer, packet, out.transportOffset, out.transportBytes, flags)
                || counters.drop(DropReason.CHECKSUM);
    }

    private void receiveIcmp(long nowNs, DirectBuffer buffer, int frame, IpDatagram message) {
        if (Checksum.sum(buffer, message.transportOffset, message.transportBytes) != 0xFFFF) {
            counters.drop(DropReason.CHECKSUM);
            return;
        }
        if (PacketTooBigInput.isIpv4(buffer, message)) {
            if (!PacketTooBigInput.readIpv4(buffer, message, local)) {
                counters.drop(DropReason.ICMP);
            }
            return;
        }
        echo.receive(
                nowNs,
                buffer,
                message.transportOffset,
                message.transportBytes,
                EthernetFlyweight.source(buffer, frame),
                0,
                message.sourceLow,
                0,
                message.destinationLow);
    }

    /** See {@link IpHost#nextHop}. */
    long nextHop(long nowNs, long remoteLow) {
        int remote = (int) remoteLow;
        Neighbour neighbour = last;
        if (neighbour == null || remote != lastRemote || neighbour.low != lastHopLow) {
            neighbour = route(nowNs, remote);
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
            lastHopLow = neighbour.low;
            lastRemote = remote;
        }
        return station;
    }

    /** See {@link IpHost#suspect}. */
    void suspect(long nowNs, long remoteLow) {
        Neighbour neighbour = route(nowNs, (int) remoteLow);
        if (neighbour != null) {
            neighbours.suspect(nowNs, neighbour);
        }
    }

    private Neighbour route(long nowNs, int remote) {
        if (!local.isPossibleSource(remote)) {
            return null;
        }
        return local.sourceFor(remote) != 0
                ? neighbours.lookUp(nowNs, 0, IpAddress.lowOfIpv4(remote))
                : neighbours.gateway(nowNs);
    }

    @Override
    public int headerBytes() {
        return HEADERS_BYTES;
    }

    /** DF set, checksum complete. */
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
        EthernetFlyweight.write(buffer, offset, station, ownStation, EthernetDescriptor.TYPE_IPV4);
        Ipv4Flyweight.write(
                buffer,
                offset + EthernetDescriptor.HEADER_BYTES,
                trafficClass,
                Ipv4Descriptor.HEADER_BYTES + transportBytes,
                identification++ & 0xFFFF,
                TIME_TO_LIVE,
                protocol,
                (int) localLow,
                (int) remoteLow);
    }

    /** See {@link IpHost#announce}. */
    void announce(long nowNs) {
        if (answers) {
            announcementsLeft = ANNOUNCEMENTS;
            announceOnce(nowNs);
        }
        neighbours.resolveGateways(nowNs);
    }

    private void announceOnce(long nowNs) {
        for (int i = 0; i < local.count(); i++) {
            arpOutput.announce(local.address(i));
        }
        announcementsLeft--;
        announceNs = announcementsLeft == 0 ? Long.MAX_VALUE : nowNs + ANNOUNCE_INTERVAL_NS;
    }

    void onTimers(long nowNs) {
        if (announcementsLeft > 0 && nowNs >= announceNs) {
            announceOnce(nowNs);
        }
        neighbours.onTimers(nowNs);
    }

    long nextDeadlineNs() {
        return Math.min(announceNs, neighbours.nextDeadlineNs());
    }

    int knownNeighbours() {
        return neighbours.known();
    }
}
