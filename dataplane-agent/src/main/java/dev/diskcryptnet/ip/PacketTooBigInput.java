package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.IcmpDescriptor;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.Icmpv6Descriptor;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import dev.diskcryptnet.wire.Ipv6Descriptor;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * Reads a router's word that a packet of ours is too big for it (RFC 1191 4, RFC 4443 3.2), with the head of the packet that
 * it quotes. Whether the quoted bytes are in flight is TCP's to say.
 */
final class PacketTooBigInput {
    /** Ports and sequence number: what RFC 792 has quoted at least of what follows the IP header. */
    static final int QUOTED_TRANSPORT_BYTES = 8;

    /** What links are like, for routers that do not say (RFC 1191 7.1); above 65,535 nothing. */
    private static final int[] PLATEAUS = {32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 576};

    private PacketTooBigInput() {}

    static boolean isIpv4(DirectBuffer buffer, IpDatagram message) {
        return message.transportBytes >= IcmpDescriptor.HEADER_BYTES
                && IcmpFlyweight.type(buffer, message.transportOffset) == IcmpDescriptor.TYPE_UNREACHABLE
                && IcmpFlyweight.code(buffer, message.transportOffset) == IcmpDescriptor.CODE_FRAGMENTATION_NEEDED;
    }

    /** Turns the message's place into that of the TCP header quoted; false when it quotes none of ours. */
    static boolean readIpv4(DirectBuffer buffer, IpDatagram message, Ipv4Addresses own) {
        int packet = message.transportOffset + IcmpDescriptor.HEADER_BYTES;
        int quotedBytes = message.transportBytes - IcmpDescriptor.HEADER_BYTES;
        if (quotedBytes < Ipv4Descriptor.HEADER_BYTES + QUOTED_TRANSPORT_BYTES) {
            return false;
        }
        int headerBytes = Ipv4Flyweight.headerBytes(buffer, packet);
        int local = Ipv4Flyweight.source(buffer, packet);
        int remote = Ipv4Flyweight.destination(buffer, packet);
        boolean ours = Ipv4Flyweight.version(buffer, packet) == 4
                && headerBytes >= Ipv4Descriptor.HEADER_BYTES
                && quotedBytes >= headerBytes + QUOTED_TRANSPORT_BYTES
                && Ipv4Flyweight.protocol(buffer, packet) == Ipv4Descriptor.PROTOCOL_TCP
                && !Ipv4Flyweight.isFragment(buffer, packet)
                && own.isLocal(local)
                && own.isPossibleSource(remote);
        if (!ours) {
            return false;
        }
        int said = buffer.getShort(message.transportOffset + IcmpDescriptor.NEXT_HOP_MTU_OFFSET, ByteOrder.BIG_ENDIAN)
                & 0xFFFF;
        int mtuBytes = said == 0 ? plateauBelow(Ipv4Flyweight.totalBytes(buffer, packet)) : said;
        fill(message, packet + headerBytes, 0, IpAddress.lowOfIpv4(remote), 0, IpAddress.lowOfIpv4(local), mtuBytes);
        return true;
    }

    /** The same for IPv6; packets of ours have no extension headers. Less than every link takes is no router's word. */
    static boolean readIpv6(DirectBuffer buffer, IpDatagram message, Ipv6Addresses own) {
        int packet = message.transportOffset + IcmpDescriptor.HEADER_BYTES;
        int quotedBytes = message.transportBytes - IcmpDescriptor.HEADER_BYTES;
        if (quotedBytes < Ipv6Descriptor.HEADER_BYTES + QUOTED_TRANSPORT_BYTES) {
            return false;
        }
        long localHigh = Ipv6Flyweight.sourceHigh(buffer, packet);
        long localLow = Ipv6Flyweight.sourceLow(buffer, packet);
        long remoteHigh = Ipv6Flyweight.destinationHigh(buffer, packet);
        long remoteLow = Ipv6Flyweight.destinationLow(buffer, packet);
        int mtuBytes = buffer.getInt(message.transportOffset + Icmpv6Descriptor.MTU_OFFSET, ByteOrder.BIG_ENDIAN);
        boolean ours = Ipv6Flyweight.version(buffer, packet) == 6
                && Ipv6Flyweight.nextHeader(buffer, packet) == Ipv6Descriptor.NEXT_HEADER_TCP
                && own.isLocal(localHigh, localLow)
                && own.isPossibleSource(remoteHigh, remoteLow)
                && mtuBytes >= Ipv6Descriptor.MIN_MTU_BYTES;
        if (ours) {
            int transport = packet + Ipv6Descriptor.HEADER_BYTES;
            fill(message, transport, remoteHigh, remoteLow, localHigh, localLow, mtuBytes);
        }
        return ours;
    }

    private static int plateauBelow(int packetBytes) {
        for (int plateau : PLATEAUS) {
            if (plateau < packetBytes) {
                return plateau;
            }
        }
        return PLATEAUS[PLATEAUS.length - 1];
    }

    private static void fill(
            IpDatagram out,
            int transport,
            long remoteHigh,
            long remoteLow,
            long localHigh,
            long localLow,
            int mtuBytes) {
        out.transportOffset = transport;
        out.transportBytes = QUOTED_TRANSPORT_BYTES;
        out.sourceHigh = remoteHigh;
        out.sourceLow = remoteLow;
        out.destinationHigh = localHigh;
        out.destinationLow = localLow;
        out.packetTooBigBytes = mtuBytes;
    }
}
