package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.Icmpv6Descriptor;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.MacAddress;
import dev.diskcryptnet.wire.NeighbourFlyweight;
import org.agrona.DirectBuffer;

/** Receives neighbour solicitations and advertisements (RFC 4861 7.2.3 to 7.2.5, RFC 4862 5.4.3, 5.4.4). */
final class NeighbourInput {
    private final long ownStation;
    private final Ipv6Addresses local;
    private final NeighbourCache neighbours;
    private final NeighbourOutput output;
    private final AddressClaims claims;
    private final IpCounters counters;
    private final boolean answers;

    NeighbourInput(
            long ownStation,
            Ipv6Addresses local,
            NeighbourCache neighbours,
            NeighbourOutput output,
            AddressClaims claims,
            IpCounters counters,
            boolean answers) {
        this.ownStation = ownStation;
        this.local = local;
        this.neighbours = neighbours;
        this.output = output;
        this.claims = claims;
        this.counters = counters;
        this.answers = answers;
    }

    /**
     * Takes in a message whose checksum and hop limit are good.
     *
     * @param station source station of the frame
     * @param message where it lies, and its IP addresses
     */
    void receive(long nowNs, DirectBuffer buffer, long station, IpDatagram message) {
        int offset = message.transportOffset;
        int bytes = message.transportBytes;
        if (bytes < Icmpv6Descriptor.OPTIONS_OFFSET || IcmpFlyweight.code(buffer, offset) != 0) {
            counters.drop(DropReason.ND_MALFORMED);
            return;
        }
        boolean solicitation = IcmpFlyweight.type(buffer, offset) == Icmpv6Descriptor.TYPE_NEIGHBOUR_SOLICITATION;
        int option = solicitation ? Icmpv6Descriptor.OPTION_SOURCE_STATION : Icmpv6Descriptor.OPTION_TARGET_STATION;
        long named = NeighbourFlyweight.station(buffer, offset, bytes, option);
        boolean possible = named == NeighbourFlyweight.NO_STATION || MacAddress.isUnicast(named);
        boolean unicast = MacAddress.isUnicast(station) && station != ownStation && named != ownStation;
        long targetHigh = NeighbourFlyweight.targetHigh(buffer, offset);
        if (named == NeighbourFlyweight.MALFORMED
                || !possible
                || !unicast
                || IpAddress.isIpv6Multicast(targetHigh)
                || !(solicitation ? isGoodSolicitation(message, named) : isGoodAdvertisement(buffer, message))) {
            counters.drop(DropReason.ND_MALFORMED);
            return;
        }
        long targetLow = NeighbourFlyweight.targetLow(buffer, offset);
        int own = local.indexOf(targetHigh, targetLow);
        int impostor = local.indexOf(message.sourceHigh, message.sourceLow);
        if (impostor != Ipv6Addresses.NONE) {
            claims.contested(impostor);
        } else if (solicitation) {
            onSolicitation(nowNs, message, station, named, own);
        } else if (own != Ipv6Addresses.NONE) {
            claims.contested(own);
        } else {
            int flags = NeighbourFlyweight.flags(buffer, offset);
            boolean solicited = (flags & Icmpv6Descriptor.FLAG_SOLICITED) != 0;
            boolean override = (flags & Icmpv6Descriptor.FLAG_OVERRIDE) != 0;
            neighbours.advertised(nowNs, targetHigh, targetLow, named, solicited, override);
        }
    }

    private static boolean isUnspecified(IpDatagram message) {
        return (message.sourceHigh | message.sourceLow) == 0;
    }

    /** RFC 4861 7.1.1. */
    private static boolean isGoodSolicitation(IpDatagram message, long named) {
        boolean toGroup = message.destinationHigh == IpAddress.SOLICITED_NODE_HIGH
                && message.destinationLow != IpAddress.ALL_NODES.low();
        return !isUnspecified(message) || toGroup && named == NeighbourFlyweight.NO_STATION;
    }

    /** RFC 4861 7.1.2. */
    private static boolean isGoodAdvertisement(DirectBuffer buffer, IpDatagram message) {
        boolean solicited =
                (NeighbourFlyweight.flags(buffer, message.transportOffset) & Icmpv6Descriptor.FLAG_SOLICITED) != 0;
        boolean toGroup = IpAddress.isIpv6Multicast(message.destinationHigh);
        return !isUnspecified(message) && !(solicited && toGroup);
    }

    private void onSolicitation(long nowNs, IpDatagram message, long station, long named, int own) {
        if (own == Ipv6Addresses.NONE) {
            return; // the groups of addresses overlap: it is somebody else's
        }
        if (!local.isUsable(own)) {
            if (isUnspecified(message)) {
                claims.contested(own);
            }
            return;
        }
        if (isUnspecified(message)) {
            if (answers) {
                output.announce(own); // RFC 4861 7.2.4: who asks has no address yet
            }
            return;
        }
        if (named != NeighbourFlyweight.NO_STATION && local.isOnLink(message.sourceHigh, message.sourceLow)) {
            neighbours.heard(nowNs, message.sourceHigh, message.sourceLow, named);
        }
        if (answers) {
            long to = named == NeighbourFlyweight.NO_STATION ? station : named;
            output.answer(own, to, message.sourceHigh, message.sourceLow);
        }
    }
}
