package dev.diskcryptnet.atlas;

import dev.diskcryptnet.ip.IpHost;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.tcp.TcpSegment;
import dev.diskcryptnet.tcp.TcpSegmentCodec;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.TcpDescriptor;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** Puts TCP, IP and Ethernet headers right in front of a payload that already lies in a slot, and sends the slot. */
final class FrameWriter {
    private final PortFacts facts;
    private final IpHost ip;

    FrameWriter(PortFacts facts, IpHost ip) {
        this.facts = facts;
        this.ip = ip;
    }

    /**
     * Sends a slot, or gives it back when the way to the peer is not known yet, or when packets became shorter while it
     * waited for the disk and the port does not cut frames up.
     *
     * @param payloadAt offset of the payload in the ring's buffer; there is room for all headers in front of it
     * @param segmentBytes payload bytes per wire packet
     * @return false when the slot was given back: the segment counts as lost
     */
    boolean send(
            long nowNs, TxRing ring, int slot, TcpSegment segment, int payloadAt, int payloadBytes, int segmentBytes) {
        boolean several = payloadBytes > segmentBytes;
        boolean ipv4 = IpAddress.isIpv4(segment.remoteHigh, segment.remoteLow);
        boolean cuts = ipv4 ? facts.segmentationIpv4() : facts.segmentationIpv6();
        long mac = ip.nextHop(nowNs, segment.remoteHigh, segment.remoteLow);
        if (mac == IpHost.UNRESOLVED || several && !cuts) {
            ring.cancel(slot);
            return false;
        }
        var buffer = ring.buffer();
        int tcpHeaderBytes = TcpSegmentCodec.headerBytes(segment);
        int ipHeaderBytes = ip.headerBytes(segment.remoteHigh, segment.remoteLow);
        int tcpAt = payloadAt - tcpHeaderBytes;
        int frameAt = tcpAt - ipHeaderBytes;
        int transportBytes = tcpHeaderBytes + payloadBytes;
        TcpSegmentCodec.encode(segment, buffer, tcpAt);
        ip.writeHeaders(
                buffer,
                frameAt,
                mac,
                segment.localHigh,
                segment.localLow,
                segment.remoteHigh,
                segment.remoteLow,
                segment.ecn,
                transportBytes);
        checksum(buffer, tcpAt, transportBytes, segment);
        ring.send(
                slot,
                frameAt,
                ipHeaderBytes + transportBytes,
                several ? segmentBytes : 0,
                ipHeaderBytes + tcpHeaderBytes,
                facts.checksumOffload() ? ipHeaderBytes : 0);
        return true;
    }

    private void checksum(UnsafeBuffer buffer, int tcpAt, int transportBytes, TcpSegment segment) {
        long localHigh = segment.localHigh;
        long localLow = segment.localLow;
        long remoteHigh = segment.remoteHigh;
        long remoteLow = segment.remoteLow;
        if (facts.checksumOffload()) {
            int sum = ip.pseudoHeaderSum(localHigh, localLow, remoteHigh, remoteLow, transportBytes);
            buffer.putShort(tcpAt + TcpDescriptor.CHECKSUM_OFFSET, (short) sum, ByteOrder.BIG_ENDIAN);
        } else {
            ip.completeTcpChecksum(buffer, tcpAt, transportBytes, localHigh, localLow, remoteHigh, remoteLow);
        }
    }
}
