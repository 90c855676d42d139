package dev.diskcryptnet.ip;

import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IcmpDescriptor;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import dev.diskcryptnet.wire.MacAddress;
import org.agrona.DirectBuffer;

/** Answers ICMP echo requests (RFC 1122 3.2.2.6) as long as they fit a control slot. */
final class EchoResponder {
    private static final int BURST = 100;
    private static final long INTERVAL_NS = 1_000_000L;
    private static final int HEADERS_BYTES = EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.HEADER_BYTES;

    private final TxRing control;
    private final long ownStation;
    private final int maxMessageBytes;
    private final IpCounters counters;
    private final RateLimit limit = new RateLimit(BURST, INTERVAL_NS);

    EchoResponder(TxRing control, long ownStation, int mtu, IpCounters counters) {
        this.control = control;
        this.ownStation = ownStation;
        this.maxMessageBytes = Math.min(control.maxPayloadBytes(), mtu - Ipv4Descriptor.HEADER_BYTES);
        this.counters = counters;
    }

    /**
     * Takes in an ICMP message; the answer goes to the station that the request came from.
     *
     * @param offset of the ICMP message
     * @param station source station of the frame
     * @param source whom to answer
     * @param destination our address
     * @param identification of the answer's IP header
     */
    void receive(
            long nowNs,
            DirectBuffer buffer,
            int offset,
            int lengthBytes,
            long station,
            int source,
            int destination,
            int identification) {
        if (!isEcho(buffer, offset, lengthBytes) || !MacAddress.isUnicast(station)) {
            counters.drop(DropReason.ICMP);
        } else if (Checksum.sum(buffer, offset, lengthBytes) != 0xFFFF) {
            counters.drop(DropReason.CHECKSUM);
        } else {
            int slot = limit.tryTake(nowNs) ? control.take() : -1;
            if (slot < 0) {
                counters.drop(DropReason.ECHO_LIMIT);
            } else {
                reply(slot, buffer, offset, lengthBytes, station, source, destination, identification);
            }
        }
    }

    private boolean isEcho(DirectBuffer buffer, int offset, int lengthBytes) {
        return lengthBytes >= IcmpDescriptor.HEADER_BYTES
                && lengthBytes <= maxMessageBytes
                && IcmpFlyweight.type(buffer, offset) == IcmpDescriptor.TYPE_ECHO
                && IcmpFlyweight.code(buffer, offset) == 0;
    }

    private void reply(
            int slot,
            DirectBuffer buffer,
            int offset,
            int lengthBytes,
            long station,
            int source,
            int destination,
            int identification) {
        int message = control.slotOffset(slot) + control.payloadOffset();
        int frame = message - HEADERS_BYTES;
        control.buffer().putBytes(message, buffer, offset, lengthBytes);
        IcmpFlyweight.turnEchoIntoReply(control.buffer(), message);
        EthernetFlyweight.write(control.buffer(), frame, station, ownStation, EthernetDescriptor.TYPE_IPV4);
        Ipv4Flyweight.write(
                control.buffer(),
                frame + EthernetDescriptor.HEADER_BYTES,
                Ipv4Descriptor.HEADER_BYTES + lengthBytes,
                identification,
                IpHost.TIME_TO_LIVE,
                Ipv4Descriptor.PROTOCOL_ICMP,
                destination,
                source);
        control.send(slot, frame, HEADERS_BYTES + lengthBytes, 0, 0, 0);
        counters.echoReplies.increment();
    }
}
