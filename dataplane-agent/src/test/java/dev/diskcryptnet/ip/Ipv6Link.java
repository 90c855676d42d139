package dev.diskcryptnet.ip;

import dev.diskcryptnet.netmap.FrameScript;
import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.Icmpv6Descriptor;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv6Descriptor;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import dev.diskcryptnet.wire.MacAddress;
import dev.diskcryptnet.wire.NeighbourFlyweight;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** An {@link IpLink} with both families: we are also 2001:db8::10/64, the IPv6 gateways 2001:db8::1 and fe80::2. */
final class Ipv6Link {
    static final IpAddress OWN = IpAddress.parse("2001:db8::10");
    static final IpAddress OWN_GROUP = IpAddress.parse("ff02::1:ff00:10");
    static final IpAddress GATEWAY = IpAddress.parse("2001:db8::1");
    static final IpAddress SECOND_GATEWAY = IpAddress.parse("fe80::2");
    static final IpAddress PEER = IpAddress.parse("2001:db8::77");
    static final IpAddress FAR = IpAddress.parse("2001:db8:9::9");
    static final IpAddress NOBODY = new IpAddress(0, 0);
    static final int SOLICITATION = Icmpv6Descriptor.TYPE_NEIGHBOUR_SOLICITATION;
    static final int ADVERTISEMENT = Icmpv6Descriptor.TYPE_NEIGHBOUR_ADVERTISEMENT;
    static final int SOLICITED = Icmpv6Descriptor.FLAG_SOLICITED;
    static final int OVERRIDE = Icmpv6Descriptor.FLAG_OVERRIDE;
    static final long SECOND = 1_000_000_000L;

    final IpLink link;

    Ipv6Link() {
        this(true);
    }

    Ipv6Link(boolean answers) {
        link = new IpLink(answers, List.of("192.0.2.10/24", "2001:db8::10/64"), List.of("2001:db8::1", "fe80::2"));
    }

    /** Addresses have been announced and are in use; what that took is forgotten. */
    Ipv6Link ready() {
        link.host.announce(0);
        link.host.onTimers(SECOND);
        link.host.onTimers(2 * SECOND);
        link.host.onTimers(3 * SECOND);
        link.sent();
        return this;
    }

    IpAddress ownLinkLocal() {
        return IpAddress.linkLocalOf(link.ownStation);
    }

    long nextHop(long nowNs, IpAddress remote) {
        return link.host.nextHop(nowNs, remote.high(), remote.low());
    }

    /** Type, stations, addresses and target of each neighbour discovery message sent, as text. */
    List<String> sent() {
        List<String> messages = new ArrayList<>();
        for (FrameScript.Frame frame : link.sent()) {
            UnsafeBuffer buffer = frame.buffer();
            if (EthernetFlyweight.type(buffer, 0) == EthernetDescriptor.TYPE_IPV6
                    && Ipv6Flyweight.nextHeader(buffer, 14) == Ipv6Descriptor.NEXT_HEADER_ICMPV6
                    && buffer.getByte(54) != (byte) Icmpv6Descriptor.TYPE_ECHO_REPLY) {
                messages.add(text(buffer));
            }
        }
        return messages;
    }

    private String text(UnsafeBuffer buffer) {
        boolean solicitation = buffer.getByte(54) == (byte) SOLICITATION;
        int flags = NeighbourFlyweight.flags(buffer, 54);
        long named = NeighbourFlyweight.station(buffer, 54, buffer.capacity() - 54, solicitation ? 1 : 2);
        boolean good = EthernetFlyweight.source(buffer, 0) == link.ownStation
                && Ipv6Flyweight.version(buffer, 14) == 6
                && Ipv6Flyweight.hopLimit(buffer, 14) == 255
                && Ipv6Flyweight.payloadBytes(buffer, 14) == buffer.capacity() - 54
                && (named == link.ownStation || named == NeighbourFlyweight.NO_STATION)
                && IcmpFlyweight.isIcmpv6ChecksumGood(
                        buffer,
                        54,
                        buffer.capacity() - 54,
                        Ipv6Flyweight.sourceHigh(buffer, 14),
                        Ipv6Flyweight.sourceLow(buffer, 14),
                        Ipv6Flyweight.destinationHigh(buffer, 14),
                        Ipv6Flyweight.destinationLow(buffer, 14));
        return (solicitation ? "ask " : "tell ")
                + MacAddress.format(EthernetFlyweight.destination(buffer, 0)) + " "
                + IpAddress.format(Ipv6Flyweight.sourceHigh(buffer, 14), Ipv6Flyweight.sourceLow(buffer, 14)) + " > "
                + IpAddress.format(Ipv6Flyweight.destinationHigh(buffer, 14), Ipv6Flyweight.destinationLow(buffer, 14))
                + " "
                + IpAddress.format(NeighbourFlyweight.targetHigh(buffer, 54), NeighbourFlyweight.targetLow(buffer, 54))
                + ((flags & SOLICITED) != 0 ? " S" : "") + ((flags & OVERRIDE) != 0 ? " O" : "")
                + (named == NeighbourFlyweight.NO_STATION ? " unnamed" : "") + (good ? "" : " BAD");
    }

    /** A frame with an IPv6 packet whose payload begins behind the fixed header. */
    byte[] packet(long station, int nextHeader, int hopLimit, IpAddress source, IpAddress destination, byte[] payload) {
        byte[] frame = new byte[Math.max(60, 54 + payload.length)];
        UnsafeBuffer buffer = new UnsafeBuffer(frame);
        long to = IpAddress.isIpv6Multicast(destination.high())
                ? MacAddress.ofIpv6Group(destination.low())
                : link.ownStation;
        EthernetFlyweight.write(buffer, 0, to, station, EthernetDescriptor.TYPE_IPV6);
        Ipv6Flyweight.write(
                buffer,
                14,
                payload.length,
                nextHeader,
                hopLimit,
                source.high(),
                source.low(),
                destination.high(),
                destination.low());
        buffer.putBytes(54, payload);
        return frame;
    }

    /** Neighbour discovery from a station, that it names when {@code named} is not {@code NO_STATION}. */
    byte[] neighbour(
            int type, int flags, long station, IpAddress source, IpAddress destination, IpAddress target, long named) {
        UnsafeBuffer message = new UnsafeBuffer(new byte[32]);
        int bytes = NeighbourFlyweight.write(
                message,
                0,
                type,
                flags,
                source.high(),
                source.low(),
                destination.high(),
                destination.low(),
                target.high(),
                target.low(),
                named);
        return packet(station, 58, 255, source, destination, Arrays.copyOf(message.byteArray(), bytes));
    }

    /** An answer to what we asked. */
    void hear(long nowNs, IpAddress who, long station) {
        link.receive(nowNs, neighbour(ADVERTISEMENT, SOLICITED | OVERRIDE, station, who, OWN, who, station));
    }

    byte[] tcp(IpAddress source, IpAddress destination, int payloadBytes) {
        byte[] segment = new byte[20 + payloadBytes];
        UnsafeBuffer buffer = new UnsafeBuffer(segment);
        buffer.putInt(0, 0x9C40_0050, ByteOrder.BIG_ENDIAN);
        buffer.putByte(12, (byte) 0x50);
        for (int i = 20; i < segment.length; i++) {
            segment[i] = (byte) i;
        }
        long sum = Checksum.pseudoHeaderIpv6(
                        source.high(), source.low(), destination.high(), destination.low(), 6, segment.length)
                + Checksum.sum(buffer, 0, segment.length);
        buffer.putShort(16, (short) Checksum.complement(Checksum.fold(sum)), ByteOrder.BIG_ENDIAN);
        return packet(IpLink.PEER_STATION, 6, 64, source, destination, segment);
    }

    /** An ICMPv6 message of a type, with a good checksum. */
    byte[] icmp(int type, int hopLimit, IpAddress source, IpAddress destination, int bytes) {
        byte[] message = new byte[bytes];
        UnsafeBuffer buffer = new UnsafeBuffer(message);
        for (int i = 4; i < bytes; i++) {
            message[i] = (byte) (i * 7);
        }
        message[0] = (byte) type;
        IcmpFlyweight.completeIcmpv6Checksum(
                buffer, 0, bytes, source.high(), source.low(), destination.high(), destination.low());
        return packet(IpLink.PEER_STATION, 58, hopLimit, source, destination, message);
    }

    /** A frame whose packet has extension headers, which name the first one's successor themselves, in front of its payload. */
    static byte[] extended(byte[] frame, int firstHeader, byte[] extensions) {
        UnsafeBuffer buffer = new UnsafeBuffer(frame);
        int payload = Ipv6Flyweight.payloadBytes(buffer, 14);
        byte[] longer = new byte[Math.max(60, 54 + extensions.length + payload)];
        System.arraycopy(frame, 0, longer, 0, 54);
        System.arraycopy(extensions, 0, longer, 54, extensions.length);
        System.arraycopy(frame, 54, longer, 54 + extensions.length, payload);
        longer[20] = (byte) firstHeader;
        new UnsafeBuffer(longer).putShort(18, (short) (payload + extensions.length), ByteOrder.BIG_ENDIAN);
        return longer;
    }
}
