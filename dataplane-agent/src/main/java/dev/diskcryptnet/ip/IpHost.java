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
import dev.diskcryptnet.wire.Ipv6Descriptor;
import dev.diskcryptnet.wire.MacAddress;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The host on one port, below TCP: its addresses of both families, its neighbours, its routes. One per worker and port;
 * single-threaded, reads no clock, allocates nothing after construction.
 *
 * <p>Not supported: fragments in either direction, IP options and extension headers beyond skipping them, multicast
 * beyond neighbour discovery and its groups, router advertisements and redirects (routers are configured), ICMP other than echo and
 * packets that are too big.
 *
 * <p>Where several workers share a port each sees all ARP, neighbour discovery and questions for groups, and learns from it, and the one built
 * with {@code answers} speaks for all.
 */
public final class IpHost {
    /** {@link #nextHop} knows no station to send to yet. */
    public static final long UNRESOLVED = Neighbour.NO_STATION;

    /** Offset of the checksum in a TCP header (RFC 9293 3.1). */
    private static final int TCP_CHECKSUM_OFFSET = 16;

    private final long ownStation;
    private final Ipv4Host ipv4;
    private final Ipv6Host ipv6;
    private final IpCounters counters;

    /** A host that answers for the port: its only worker, or the first. */
    public IpHost(PortFacts facts, TxRing control, IpConfig config, CounterSet counters) {
        this(facts, control, config, counters, true);
    }

    /**
     * @param facts of the port; its station address and MTU are used
     * @param control ring for ARP and ICMP; its slots have at least 54 bytes of headroom
     * @param config addresses and gateways
     * @param counters where this host's counters are added
     * @param answers whether questions for our addresses are answered, and these announced, here; one worker of a port does
     * @throws IllegalArgumentException when an address or gateway cannot be used
     */
    public IpHost(PortFacts facts, TxRing control, IpConfig config, CounterSet counters, boolean answers) {
        this.ownStation = facts.macAddress();
        this.counters = new IpCounters(counters, facts.interfaceName());
        this.ipv4 = new Ipv4Host(facts, control, config, this.counters, answers);
        this.ipv6 = new Ipv6Host(facts, control, config, this.counters, answers);
        if (control.payloadOffset() < ipv6.headerBytes()) {
            throw new IllegalArgumentException("payloadOffset=" + control.payloadOffset()
                    + " of the control ring leaves no room for " + ipv6.headerBytes() + " header bytes");
        }
    }

    /**
     * Takes in a frame: ARP, neighbour discovery, questions for groups and echo are dealt with here, everything but good TCP is dropped and
     * counted.
     *
     * @param buffer holds the frame
     * @param offset of the Ethernet header
     * @param lengthBytes bytes present
     * @param flags as given to {@link FrameHandler#onFrame}; the TCP checksum is verified unless it is known to be good
     * @param out filled when the answer is true, and when {@link IpDatagram#packetTooBigBytes} is set; anything else when not
     * @return whether the frame holds a TCP segment for one of our addresses with everything below TCP, and the TCP
     *     checksum, in order
     */
    public boolean receive(long nowNs, DirectBuffer buffer, int offset, int lengthBytes, int flags, IpDatagram out) {
        out.packetTooBigBytes = 0;
        if (lengthBytes < EthernetDescriptor.HEADER_BYTES || (flags & FrameHandler.TRUNCATED) != 0) {
            return counters.drop(DropReason.TRUNCATED);
        }
        long destination = EthernetFlyweight.destination(buffer, offset);
        int packetBytes = lengthBytes - EthernetDescriptor.HEADER_BYTES;
        switch (EthernetFlyweight.type(buffer, offset)) {
            case EthernetDescriptor.TYPE_IPV4 -> {
                return destination == ownStation
                        ? ipv4.receive(nowNs, buffer, offset, packetBytes, flags, out)
                        : counters.drop(DropReason.NOT_OUR_STATION);
            }
            case EthernetDescriptor.TYPE_IPV6 -> {
                boolean tcp = ipv6.receive(nowNs, buffer, offset, packetBytes, destination, flags, out);
                return tcp || noteNeighbours();
            }
            case EthernetDescriptor.TYPE_ARP -> {
                if (destination != ownStation && destination != MacAddress.BROADCAST) {
                    return counters.drop(DropReason.NOT_OUR_STATION);
                }
                ipv4.receiveArp(nowNs, buffer, offset + EthernetDescriptor.HEADER_BYTES, packetBytes);
                return noteNeighbours();
            }
            default -> {
                return counters.drop(DropReason.ETHER_TYPE);
            }
        }
    }

    /**
     * Station that a frame for the remote address goes to: the host itself when it is on-link, else the first gateway
     * that is reachable.
     *
     * @return station address, or {@link #UNRESOLVED}: it has been asked for, and is asked for again by
     *     {@link #onTimers}; the frame is not to be sent
     */
    public long nextHop(long nowNs, long remoteHigh, long remoteLow) {
        return IpAddress.isIpv4(remoteHigh, remoteLow)
                ? ipv4.nextHop(nowNs, remoteLow)
                : ipv6.nextHop(nowNs, remoteHigh, remoteLow);
    }

    /**
     * Nothing that is sent to a remote address is answered: the station on the way is asked for when it is used next, unless
     * it was heard just now (RFC 1122 3.3.1.4, RFC 4861 7.3.1).
     */
    public void suspect(long nowNs, long remoteHigh, long remoteLow) {
        if (IpAddress.isIpv4(remoteHigh, remoteLow)) {
            ipv4.suspect(nowNs, remoteLow);
        } else {
            ipv6.suspect(nowNs, remoteHigh, remoteLow);
        }
    }

    /** Bytes of the Ethernet and IP headers towards an address: 34 for IPv4, 54 for IPv6. */
    public int headerBytes(long remoteHigh, long remoteLow) {
        return IpAddress.isIpv4(remoteHigh, remoteLow) ? ipv4.headerBytes() : ipv6.headerBytes();
    }

    /**
     * Writes Ethernet and IP header: over IPv4 DF set, checksum complete.
     *
     * @param offset of the Ethernet header; the transport header comes {@link #headerBytes} later
     * @param destinationStation from {@link #nextHop}
     * @param trafficClass of the IP header, eight bits
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
            int trafficClass,
            int transportBytes) {
        HeaderWriter writer = IpAddress.isIpv4(remoteHigh, remoteLow) ? ipv4 : ipv6;
        writer.writeHeaders(
                buffer,
                offset,
                destinationStation,
                localHigh,
                localLow,
                remoteHigh,
                remoteLow,
                trafficClass,
                Ipv4Descriptor.PROTOCOL_TCP,
                transportBytes);
    }

    /**
     * What a device that completes the checksum wants in the TCP checksum field, in network order.
     *
     * @return the pseudo header's sum, folded, not complemented: 0 to 0xFFFF
     */
    public int pseudoHeaderSum(long localHigh, long localLow, long remoteHigh, long remoteLow, int transportBytes) {
        return Checksum.pseudoHeader(
                localHigh, localLow, remoteHigh, remoteLow, Ipv6Descriptor.NEXT_HEADER_TCP, transportBytes);
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

    /**
     * Tells the link which addresses are ours, and which groups they listen to, and asks for the gateways. IPv4 addresses are in use at once and announced
     * twice (RFC 5227 2.3); IPv6 addresses are after a second, when nobody else has them (RFC 4862 5.4).
     */
    public void announce(long nowNs) {
        ipv4.announce(nowNs);
        ipv6.announce(nowNs);
    }

    /** Does what is due: questions that nobody answered, announcements. Cheap when nothing is. */
    public void onTimers(long nowNs) {
        if (nowNs >= nextDeadlineNs()) {
            ipv4.onTimers(nowNs);
            ipv6.onTimers(nowNs);
            noteNeighbours();
        }
    }

    /** Always false: the frame was none of TCP's. */
    private boolean noteNeighbours() {
        counters.neighbours.set(ipv4.knownNeighbours() + ipv6.knownNeighbours());
        return false;
    }

    /** When {@link #onTimers} has something to do, {@link Long#MAX_VALUE} for never. */
    public long nextDeadlineNs() {
        return Math.min(ipv4.nextDeadlineNs(), ipv6.nextDeadlineNs());
    }
}
