package dev.diskcryptnet.ip;

import static dev.diskcryptnet.wire.Ipv6Descriptor.*;

import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * Checks an IPv6 packet from the outside in; the first thing wrong with it is why it is dropped. Extension headers are
 * skipped where that is all there is to do with them, within bounds (RFC 8504 5.3).
 */
final class Ipv6Input {
    /** More are not worth the time; packets of today have none. */
    private static final int MAX_EXTENSION_HEADERS = 4;
    /** RFC 8504 5.3: a host may refuse more than 8; padding counts here too. */
    private static final int MAX_OPTIONS = 8;
    /** RFC 8200 4.2: the two highest bits of an unknown option say what to do; zero is to skip it. */
    private static final int OPTION_ACTION_MASK = 0xC0;

    private static final int OPTION_PAD1 = 0;
    /** RFC 2711 2.1, with the value of multicast listener discovery. */
    private static final int OPTION_ROUTER_ALERT = 5;

    private static final int ROUTER_ALERT_BYTES = 4;
    private static final int ROUTER_ALERT_LISTENERS = 0;

    private static final int ROUTING_SEGMENTS_LEFT_OFFSET = 3;
    private static final int FRAGMENT_OFFSET_OFFSET = 2;
    /** Offset and M flag: zero in a packet that is a fragment by name only (RFC 6946). */
    private static final int FRAGMENT_OFFSET_AND_MORE = 0xFFF9;

    private final Ipv6Addresses local;
    private int protocol;
    private int transport;
    private int end;
    private boolean fragmentHeader;
    private boolean routerAlert;

    Ipv6Input(Ipv6Addresses local) {
        this.local = local;
    }

    /** Of the packet that was found good last: TCP or ICMPv6. */
    int protocol() {
        return protocol;
    }

    int transportOffset() {
        return transport;
    }

    int transportBytes() {
        return end - transport;
    }

    /** Whether it had a fragment header, as neighbour discovery never has (RFC 6980 5). */
    boolean hadFragmentHeader() {
        return fragmentHeader;
    }

    /** Whether it asks routers to look at it as multicast listener discovery (RFC 3810 5). */
    boolean hadRouterAlert() {
        return routerAlert;
    }

    /**
     * Checks everything below the transport header.
     *
     * @param offset of the IP header
     * @param lengthBytes bytes present from there on, Ethernet padding included
     * @param group whether the frame came to a group of stations
     * @return null when the packet is good
     */
    DropReason check(DirectBuffer buffer, int offset, int lengthBytes, boolean group) {
        if (lengthBytes < HEADER_BYTES) {
            return DropReason.TRUNCATED;
        }
        if (Ipv6Flyweight.version(buffer, offset) != 6) {
            return DropReason.MALFORMED;
        }
        int payloadBytes = Ipv6Flyweight.payloadBytes(buffer, offset);
        if (payloadBytes > lengthBytes - HEADER_BYTES) {
            return DropReason.TRUNCATED;
        }
        DropReason reason = checkAddresses(buffer, offset, group);
        if (reason != null) {
            return reason;
        }
        protocol = Ipv6Flyweight.nextHeader(buffer, offset);
        transport = offset + HEADER_BYTES;
        end = transport + payloadBytes;
        fragmentHeader = false;
        routerAlert = false;
        reason = protocol == NEXT_HEADER_TCP ? null : skipExtensions(buffer);
        // TCP to a group is nobody's (RFC 9293 3.9.2.3).
        return reason == null && group && protocol == NEXT_HEADER_TCP ? DropReason.NOT_OUR_ADDRESS : reason;
    }

    private DropReason checkAddresses(DirectBuffer buffer, int offset, boolean group) {
        long high = Ipv6Flyweight.destinationHigh(buffer, offset);
        long low = Ipv6Flyweight.destinationLow(buffer, offset);
        boolean multicast = IpAddress.isIpv6Multicast(high);
        if (multicast ? !group || !local.isOurGroup(high, low) : group || !local.isLocal(high, low)) {
            return DropReason.NOT_OUR_ADDRESS;
        }
        long sourceHigh = Ipv6Flyweight.sourceHigh(buffer, offset);
        long sourceLow = Ipv6Flyweight.sourceLow(buffer, offset);
        // Who has no address yet asks a group whether somebody has the one it wants, and who has ours says so (RFC 4862
        // 5.4).
        boolean claim = multicast
                && ((sourceHigh | sourceLow) == 0 || local.indexOf(sourceHigh, sourceLow) != Ipv6Addresses.NONE);
        return claim || local.isPossibleSource(sourceHigh, sourceLow) ? null : DropReason.SOURCE_ADDRESS;
    }

    private DropReason skipExtensions(DirectBuffer buffer) {
        for (int headers = 0; protocol != NEXT_HEADER_TCP && protocol != NEXT_HEADER_ICMPV6; headers++) {
            if (!isExtension(protocol)) {
                return DropReason.PROTOCOL;
            }
            if (end - transport < EXTENSION_UNIT_BYTES) {
                return DropReason.MALFORMED;
            }
            boolean fragment = protocol == NEXT_HEADER_FRAGMENT;
            int bytes = fragment
                    ? EXTENSION_UNIT_BYTES
                    : ((buffer.getByte(transport + 1) & 0xFF) + 1) * EXTENSION_UNIT_BYTES;
            if (bytes > end - transport) {
                return DropReason.MALFORMED;
            }
            DropReason reason = headers == MAX_EXTENSION_HEADERS || protocol == NEXT_HEADER_HOP_BY_HOP && headers > 0
                    ? DropReason.EXTENSION_HEADER
                    : checkExtension(buffer, bytes);
            if (reason != null) {
                return reason;
            }
            fragmentHeader |= fragment;
            protocol = buffer.getByte(transport) & 0xFF;
            transport += bytes;
        }
        return null;
    }

    private static boolean isExtension(int header) {
        return header == NEXT_HEADER_HOP_BY_HOP
                || header == NEXT_HEADER_DESTINATION
                || header == NEXT_HEADER_ROUTING
                || header == NEXT_HEADER_FRAGMENT;
    }

    private DropReason checkExtension(DirectBuffer buffer, int bytes) {
        if (protocol == NEXT_HEADER_FRAGMENT) {
            int field = buffer.getShort(transport + FRAGMENT_OFFSET_OFFSET, ByteOrder.BIG_ENDIAN);
            return (field & FRAGMENT_OFFSET_AND_MORE) == 0 ? null : DropReason.FRAGMENT;
        }
        boolean skipped = protocol == NEXT_HEADER_ROUTING
                // RFC 8200 4.4: a route that has been gone is none of ours; nothing is forwarded (RFC 5095 3).
                ? buffer.getByte(transport + ROUTING_SEGMENTS_LEFT_OFFSET) == 0
                : hasOnlyOptionsToSkip(buffer, transport + 2, transport + bytes);
        return skipped ? null : DropReason.EXTENSION_HEADER;
    }

    private boolean hasOnlyOptionsToSkip(DirectBuffer buffer, int from, int end) {
        int at = from;
        for (int options = 0; at < end; options++) {
            int type = buffer.getByte(at) & 0xFF;
            if (options == MAX_OPTIONS || (type & OPTION_ACTION_MASK) != 0) {
                return false;
            }
            if (type == OPTION_PAD1) {
                at++;
                continue;
            }
            if (end - at < 2) {
                return false;
            }
            int bytes = 2 + (buffer.getByte(at + 1) & 0xFF);
            routerAlert |= type == OPTION_ROUTER_ALERT
                    && protocol == NEXT_HEADER_HOP_BY_HOP
                    && bytes == ROUTER_ALERT_BYTES
                    && bytes <= end - at
                    && buffer.getShort(at + 2) == ROUTER_ALERT_LISTENERS;
            at += bytes;
        }
        return at == end;
    }

    /** Whether the TCP checksum holds for the packet at {@code offset}, which {@link #check} found good last. */
    boolean isTcpChecksumGood(DirectBuffer buffer, int offset, int flags) {
        if ((flags & FrameHandler.CHECKSUM_GOOD) != 0) {
            return true;
        }
        int pseudoHeader = Checksum.pseudoHeaderIpv6(
                Ipv6Flyweight.sourceHigh(buffer, offset),
                Ipv6Flyweight.sourceLow(buffer, offset),
                Ipv6Flyweight.destinationHigh(buffer, offset),
                Ipv6Flyweight.destinationLow(buffer, offset),
                NEXT_HEADER_TCP,
                transportBytes());
        int segment = Checksum.sum(buffer, transport, transportBytes());
        return Checksum.fold((long) pseudoHeader + segment) == 0xFFFF;
    }
}
