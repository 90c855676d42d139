package dev.diskcryptnet.ip;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import dev.diskcryptnet.wire.MacAddress;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The host on one port, below TCP: its addresses, its neighbours, its routes. One per worker and port; single-threaded,
 * reads no clock, allocates nothing after construction.
 *
 * <p>Not supported: IPv6, fragments in either direction, IP options (skipped), multicast, ICMP other than echo.
 *
 * <p>Where several workers share a port each sees all ARP and learns from it, and the one built with {@code answersArp}
 * speaks for all.
 */
public final class IpHost {
    /** {@link #nextHop} knows no station to send to yet. */
    public static final long UNRESOLVED = Neighbour.NO_STATION;

    /** RFC 1122 3.2.1.7; the value of the Assigned Numbers registry. */
    static final int TIME_TO_LIVE = 64;

    /** RFC 5227 1.1, ANNOUNCE_NUM and ANNOUNCE_INTERVAL. */
    private static final int ANNOUNCEMENTS = 2;

    private static final long ANNOUNCE_INTERVAL_NS = 2_000_000_000L;

    private static final int HEADERS_BYTES = EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.HEADER_BYTES;
    /** Offset of the checksum in a TCP header (RFC 9293 3.1). */
    private static final int TCP_CHECKSUM_OFFSET = 16;

    private final long ownStation;
    private final boolean answersArp;
    private final LocalAddresses local;
    private final NeighbourCache neighbours;
    private final ArpOutput arpOutput;
    private final ArpInput arpInput;
    private final Ipv4Input ipv4Input;
    private final EchoResponder echo;
    private final IpCounters counters;
    private int identification;
    private int announcementsLeft;
    private long announceNs = Long.MAX_VALUE;

    private int lastRemote;
    private int lastHop;
    private Neighbour last;

    /** A host that answers ARP: the only worker of its port, or the first. */
    public IpHost(PortFacts facts, TxRing control, IpConfig config, CounterSet counters) {
        this(facts, control, config, counters, true);
    }

    /**
     * @param facts of the port; its station address and MTU are used
     * @param control ring for ARP and ICMP; its slots have at least 34 bytes of headroom
     * @param config addresses and gateways
     * @param counters where this host's counters are added
     * @param answersArp whether requests for our addresses are answered and announced here; one worker of a port does
     * @throws IllegalArgumentException when an address or gateway cannot be used; IPv6 is not served yet
     */
    public IpHost(PortFacts facts, TxRing control, IpConfig config, CounterSet counters, boolean answersArp) {
        if (control.payloadOffset() < HEADERS_BYTES) {
            throw new IllegalArgumentException("payloadOffset=" + control.payloadOffset()
                    + " of the control ring leaves no room for " + HEADERS_BYTES + " header bytes");
        }
        this.ownStation = facts.macAddress();
        this.answersArp = answersArp;
        this.local = new LocalAddresses(config);
        this.counters = new IpCounters(counters, facts.interfaceName());
        this.arpOutput = new ArpOutput(control, ownStation, local, this.counters);
        this.neighbours = new NeighbourCache(
                arpOutput,
                config.gateways().stream().map(gateway -> (int) gateway.low()).toList());
        this.arpInput = new ArpInput(ownStation, local, neighbours, arpOutput, this.counters, answersArp);
        this.ipv4Input = new Ipv4Input(local);
        this.echo = new EchoResponder(control, ownStation, facts.mtu(), this.counters);
    }

    /**
     * Takes in a frame: ARP and echo are dealt with here, everything but good TCP is dropped and counted.
     *
     * @param buffer holds the frame
     * @param offset of the Ethernet header
     * @param lengthBytes bytes present
     * @param flags as given to {@link FrameHandler#onFrame}; the TCP checksum is verified unless it is known to be good
     * @param out filled when the answer is true
     * @return whether the frame holds a TCP segment for one of our addresses with everything below TCP, and the TCP
     *     checksum, in order
     */
    public boolean receive(long nowNs, DirectBuffer buffer, int offset, int lengthBytes, int flags, IpDatagram out) {
        if (lengthBytes < EthernetDescriptor.HEADER_BYTES || (flags & FrameHandler.TRUNCATED) != 0) {
            return drop(DropReason.TRUNCATED);
        }
        long destination = EthernetFlyweight.destination(buffer, offset);
        int type = EthernetFlyweight.type(buffer, offset);
        int packet = offset + EthernetDescriptor.HEADER_BYTES;
        int packetBytes = lengthBytes - EthernetDescriptor.HEADER_BYTES;
        if (type == EthernetDescriptor.TYPE_IPV4) {
            return destination == ownStation
                    ? receiveIpv4(nowNs, buffer, offset, packetBytes, flags, out)
                    : drop(DropReason.NOT_OUR_STATION);
        }
        if (type != EthernetDescriptor.TYPE_ARP) {
            return drop(DropReason.ETHER_TYPE);
        }
        if (destination != ownStation && destination != MacAddress.BROADCAST) {
            return drop(DropReason.NOT_OUR_STATION);
        }
        arpInput.receive(nowNs, buffer, packet, packetBytes);
        counters.neighbours.set(neighbours.known());
        return false;
    }

    private boolean receiveIpv4(
            long nowNs, DirectBuffer buffer, int frame, int packetBytes, int flags, IpDatagram out) {
        int packet = frame + EthernetDescriptor.HEADER_BYTES;
        DropReason reason = ipv4Input.check(buffer, packet, packetBytes);
        if (reason != null) {
            return drop(reason);
        }
        int headerBytes = Ipv4Flyweight.headerBytes(buffer, packet);
        int transport = packet + headerBytes;
        int transportBytes = Ipv4Flyweight.totalBytes(buffer, packet) - headerBytes;
        int source = Ipv4Flyweight.source(buffer, packet);
        int destination = Ipv4Flyweight.destination(buffer, packet);
        int protocol = Ipv4Flyweight.protocol(buffer, packet);
        if (protocol == Ipv4Descriptor.PROTOCOL_ICMP) {
            long station = EthernetFlyweight.source(buffer, frame);
            echo.receive(
                    nowNs, buffer, transport, transportBytes, station, source, destination, identification++ & 0xFFFF);
            return false;
        }
        if (protocol != Ipv4Descriptor.PROTOCOL_TCP) {
            return drop(DropReason.PROTOCOL);
        }
        if (!Ipv4Input.isTcpChecksumGood(buffer, packet, transport, transportBytes, flags)) {
            return drop(DropReason.CHECKSUM);
        }
        out.sourceHigh = 0;
        out.sourceLow = IpAddress.lowOfIpv4(source);
        out.destinationHigh = 0;
        out.destinationLow = IpAddress.lowOfIpv4(destination);
        out.transportOffset = transport;
        out.transportBytes = transportBytes;
        return true;
    }

    private boolean drop(DropReason reason) {
        counters.drop(reason);
        return false;
    }

    /**
     * Station that a frame for the remote address goes to: the host itself when it is on-link, else the first gateway
     * that is reachable.
     *
     * @return station address, or {@link #UNRESOLVED}: it has been asked for, and is asked for again by
     *     {@link #onTimers}; the frame is not to be sent
     */
    public long nextHop(long nowNs, long remoteHigh, long remoteLow) {
        int remote = (int) remoteLow;
        Neighbour neighbour = last;
        boolean same = remote == lastRemote && neighbour != null && neighbour.address == lastHop;
        if (!same || !IpAddress.isIpv4(remoteHigh, remoteLow)) {
            neighbour = route(nowNs, remoteHigh, remoteLow);
            if (neighbour == null) {
                counters.noRoute.increment();
                return UNRESOLVED;
            }
        }
        long station = neighbours.use(nowNs, neighbour);
        if (station == Neighbour.NO_STATION) {
            last = null;
            counters.unresolved.increment();
        } else {
            last = neighbour;
            lastHop = neighbour.address;
            lastRemote = remote;
        }
        return station;
    }

    private Neighbour route(long nowNs, long remoteHigh, long remoteLow) {
        int remote = (int) remoteLow;
        if (!IpAddress.isIpv4(remoteHigh, remoteLow) || !local.isPossibleSource(remote)) {
            return null;
        }
        return local.sourceFor(remote) != 0 ? neighbours.lookUp(nowNs, remote) : neighbours.gateway(nowNs);
    }

    /** Bytes of the Ethernet and IP headers towards an address: 34 for IPv4. */
    public int headerBytes(long remoteHigh, long remoteLow) {
        return HEADERS_BYTES;
    }

    /**
     * Writes Ethernet and IP header: DF set, checksum complete.
     *
     * @param offset of the Ethernet header; the transport header comes {@link #headerBytes} later
     * @param destinationStation from {@link #nextHop}
     * @param transportBytes TCP header and payload; of all the packets together when the frame is cut up later
     */
    public void writeHeaders(
            MutableDirectBuffer buffer,
            int offset,
            long destinationStation,
            long localHigh,
            long localLow,
            long remoteHigh,
            long remoteLow,
            int transportBytes) {
        EthernetFlyweight.write(buffer, offset, destinationStation, ownStation, EthernetDescriptor.TYPE_IPV4);
        Ipv4Flyweight.write(
                buffer,
                offset + EthernetDescriptor.HEADER_BYTES,
                Ipv4Descriptor.HEADER_BYTES + transportBytes,
                identification++ & 0xFFFF,
                TIME_TO_LIVE,
                Ipv4Descriptor.PROTOCOL_TCP,
                (int) localLow,
                (int) remoteLow);
    }

    /**
     * What a device that completes the checksum wants in the TCP checksum field, in network order.
     *
     * @return the pseudo header's sum, folded, not complemented: 0 to 0xFFFF
     */
    public int pseudoHeaderSum(long localHigh, long localLow, long remoteHigh, long remoteLow, int transportBytes) {
        return Checksum.pseudoHeader(
                localHigh, localLow, remoteHigh, remoteLow, Ipv4Descriptor.PROTOCOL_TCP, transportBytes);
    }

    /**
     * Writes the TCP checksum, for ports that do not.
     *
     * @param transportOffset of the TCP header; what its checksum field holds does not matter
     * @param transportBytes TCP header and payload, both in place
     */
    public void completeTcpChecksum(
            MutableDirectBuffer buffer,
            int transportOffset,
            int transportBytes,
            long localHigh,
            long localLow,
            long remoteHigh,
            long remoteLow) {
        int field = transportOffset + TCP_CHECKSUM_OFFSET;
        buffer.putShort(field, (short) 0);
        long sum = pseudoHeaderSum(localHigh, localLow, remoteHigh, remoteLow, transportBytes)
                + Checksum.sum(buffer, transportOffset, transportBytes);
        buffer.putShort(field, (short) Checksum.complement(Checksum.fold(sum)), ByteOrder.BIG_ENDIAN);
    }

    /** Tells the link which addresses are ours, now and once more (RFC 5227 2.3), and asks for the gateways. */
    public void announce(long nowNs) {
        if (answersArp) {
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

    /** Does what is due: requests that nobody answered, the second announcement. Cheap when nothing is. */
    public void onTimers(long nowNs) {
        if (announcementsLeft > 0 && nowNs >= announceNs) {
            announceOnce(nowNs);
        }
        if (nowNs >= neighbours.nextDeadlineNs()) {
            neighbours.onTimers(nowNs);
            counters.neighbours.set(neighbours.known());
        }
    }

    /** When {@link #onTimers} has something to do, {@link Long#MAX_VALUE} for never. */
    public long nextDeadlineNs() {
        return Math.min(announceNs, neighbours.nextDeadlineNs());
    }
}
