package dev.diskcryptnet.ip;

import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.wire.IcmpDescriptor;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.Icmpv6Descriptor;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv6Descriptor;
import dev.diskcryptnet.wire.MacAddress;
import org.agrona.DirectBuffer;

/** Answers echo requests (RFC 1122 3.2.2.6, RFC 4443 4.2) as long as they fit a control slot. */
final class EchoResponder {
    private static final int BURST = 100;
    private static final long INTERVAL_NS = 1_000_000L;

    private final TxRing control;
    private final HeaderWriter headers;
    private final int maxMessageBytes;
    private final int requestType;
    private final int replyType;
    private final int protocol;
    private final IpCounters counters;
    private final RateLimit limit = new RateLimit(BURST, INTERVAL_NS);

    private EchoResponder(
            TxRing control,
            HeaderWriter headers,
            int mostBytes,
            int requestType,
            int replyType,
            int protocol,
            IpCounters counters) {
        this.control = control;
        this.headers = headers;
        this.maxMessageBytes = Math.min(control.maxPayloadBytes(), mostBytes);
        this.requestType = requestType;
        this.replyType = replyType;
        this.protocol = protocol;
        this.counters = counters;
    }

    /** @param mtu largest packet, in bytes */
    static EchoResponder ofIpv4(TxRing control, HeaderWriter headers, int mtu, IpCounters counters) {
        return new EchoResponder(
                control,
                headers,
                mtu - Ipv4Descriptor.HEADER_BYTES,
                IcmpDescriptor.TYPE_ECHO,
                IcmpDescriptor.TYPE_ECHO_REPLY,
                Ipv4Descriptor.PROTOCOL_ICMP,
                counters);
    }

    /** @param mtu largest packet, in bytes */
    static EchoResponder ofIpv6(TxRing control, HeaderWriter headers, int mtu, IpCounters counters) {
        return new EchoResponder(
                control,
                headers,
                mtu - Ipv6Descriptor.HEADER_BYTES,
                Icmpv6Descriptor.TYPE_ECHO,
                Icmpv6Descriptor.TYPE_ECHO_REPLY,
                Ipv6Descriptor.NEXT_HEADER_ICMPV6,
                counters);
    }

    /**
     * Takes in an ICMP message whose checksum is good; the answer goes to the station that the request came from.
     *
     * @param offset of the ICMP message
     * @param station source station of the frame
     */
    void receive(
            long nowNs,
            DirectBuffer buffer,
            int offset,
            int lengthBytes,
            long station,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow) {
        if (!isEcho(buffer, offset, lengthBytes) || !MacAddress.isUnicast(station)) {
            counters.drop(DropReason.ICMP);
            return;
        }
        int slot = limit.tryTake(nowNs) ? control.take() : -1;
        if (slot < 0) {
            counters.drop(DropReason.ECHO_LIMIT);
            return;
        }
        int message = control.slotOffset(slot) + control.payloadOffset();
        int frame = message - headers.headerBytes();
        control.buffer().putBytes(message, buffer, offset, lengthBytes);
        IcmpFlyweight.turnEchoIntoReply(control.buffer(), message, replyType);
        headers.writeHeaders(
                control.buffer(),
                frame,
                station,
                destinationHigh,
                destinationLow,
                sourceHigh,
                sourceLow,
                0,
                protocol,
                lengthBytes);
        control.send(slot, frame, headers.headerBytes() + lengthBytes, 0, 0, 0);
        counters.echoReplies.increment();
    }

    private boolean isEcho(DirectBuffer buffer, int offset, int lengthBytes) {
        return lengthBytes >= IcmpDescriptor.HEADER_BYTES
                && lengthBytes <= maxMessageBytes
                && IcmpFlyweight.type(buffer, offset) == requestType
                && IcmpFlyweight.code(buffer, offset) == 0;
    }
}
