package dev.diskcryptnet.ip;

import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import org.agrona.DirectBuffer;

/** Checks an IPv4 packet from the outside in; the first thing wrong with it is why it is dropped. */
final class Ipv4Input {
    private final Ipv4Addresses local;

    Ipv4Input(Ipv4Addresses local) {
        this.local = local;
    }

    /**
     * Checks everything below the transport header.
     *
     * @param offset of the IP header
     * @param lengthBytes bytes present from there on, Ethernet padding included
     * @return null when the packet is good
     */
    DropReason check(DirectBuffer buffer, int offset, int lengthBytes) {
        if (lengthBytes < Ipv4Descriptor.HEADER_BYTES) {
            return DropReason.TRUNCATED;
        }
        int headerBytes = Ipv4Flyweight.headerBytes(buffer, offset);
        int totalBytes = Ipv4Flyweight.totalBytes(buffer, offset);
        boolean possible = headerBytes >= Ipv4Descriptor.HEADER_BYTES && headerBytes <= totalBytes;
        if (Ipv4Flyweight.version(buffer, offset) != 4 || !possible) {
            return DropReason.MALFORMED;
        }
        if (totalBytes > lengthBytes) {
            return DropReason.TRUNCATED;
        }
        if (!Ipv4Flyweight.isChecksumGood(buffer, offset, headerBytes)) {
            return DropReason.CHECKSUM;
        }
        if (!local.isLocal(Ipv4Flyweight.destination(buffer, offset))) {
            return DropReason.NOT_OUR_ADDRESS;
        }
        if (!local.isPossibleSource(Ipv4Flyweight.source(buffer, offset))) {
            return DropReason.SOURCE_ADDRESS;
        }
        return Ipv4Flyweight.isFragment(buffer, offset) ? DropReason.FRAGMENT : null;
    }

    /** Whether the TCP checksum holds for the packet at {@code offset}, which {@link #check} found good. */
    static boolean isTcpChecksumGood(
            DirectBuffer buffer, int offset, int transportOffset, int transportBytes, int flags) {
        if ((flags & FrameHandler.CHECKSUM_GOOD) != 0) {
            return true;
        }
        int pseudoHeader = Checksum.pseudoHeaderIpv4(
                Ipv4Flyweight.source(buffer, offset),
                Ipv4Flyweight.destination(buffer, offset),
                Ipv4Descriptor.PROTOCOL_TCP,
                transportBytes);
        int segment = Checksum.sum(buffer, transportOffset, transportBytes);
        return Checksum.fold((long) pseudoHeader + segment) == 0xFFFF;
    }
}
