package dev.diskcryptnet.ip;

import static dev.diskcryptnet.ip.Ipv6Link.FAR;
import static dev.diskcryptnet.ip.Ipv6Link.OWN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What a router says of packets that are too big for it (RFC 1191 4, RFC 4443 3.2). */
class PacketTooBigTest {
    private static final IpAddress ROUTER = IpAddress.parse("2001:db8:77::1");

    private final Ipv6Link dual = new Ipv6Link().ready();
    private final IpLink link = dual.link;

    /** An IPv4 error of code 4 from a router on the way, about a packet from {@code local} to {@code remote}. */
    static byte[] ipv4(
            IpLink link, int local, int remote, int protocol, int totalBytes, int mtuBytes, int quotedBytes) {
        byte[] message = new byte[8 + quotedBytes];
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[8 + 60]);
        buffer.putShort(0, (short) 0x0304, ByteOrder.BIG_ENDIAN);
        buffer.putShort(6, (short) mtuBytes, ByteOrder.BIG_ENDIAN);
        Ipv4Flyweight.write(buffer, 8, totalBytes, 1, 63, protocol, local, remote);
        buffer.putInt(28, 80 << 16 | 40_000, ByteOrder.BIG_ENDIAN);
        buffer.putInt(32, 0x1234_5678, ByteOrder.BIG_ENDIAN);
        buffer.getBytes(0, message);
        var mended = new UnsafeBuffer(message);
        int sum = Checksum.sum(mended, 0, message.length);
        mended.putShort(2, (short) Checksum.complement(sum), ByteOrder.BIG_ENDIAN);
        return link.packet(1, IpLink.ipv4("203.0.113.1"), IpLink.OWN, message);
    }

    static byte[] ipv6(Ipv6Link link, IpAddress local, IpAddress remote, int next, int mtuBytes, int quotedBytes) {
        byte[] message = new byte[8 + quotedBytes];
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[8 + 60]);
        buffer.putByte(0, (byte) 2);
        buffer.putInt(4, mtuBytes, ByteOrder.BIG_ENDIAN);
        Ipv6Flyweight.write(buffer, 8, 1460, next, 63, local.high(), local.low(), remote.high(), remote.low());
        buffer.putInt(48, 80 << 16 | 40_000, ByteOrder.BIG_ENDIAN);
        buffer.putInt(52, 0x1234_5678, ByteOrder.BIG_ENDIAN);
        buffer.getBytes(0, message);
        IcmpFlyweight.completeIcmpv6Checksum(
                new UnsafeBuffer(message), 0, message.length, ROUTER.high(), ROUTER.low(), OWN.high(), OWN.low());
        return link.packet(IpLink.GATEWAY_STATION, 58, 64, ROUTER, OWN, message);
    }

    private void shouldRead(byte[] frame, int mtuBytes, IpAddress remote, IpAddress local) {
        assertFalse(link.receive(0, frame));
        assertEquals(mtuBytes, link.datagram.packetTooBigBytes);
        assertEquals(remote, new IpAddress(link.datagram.sourceHigh, link.datagram.sourceLow));
        assertEquals(local, new IpAddress(link.datagram.destinationHigh, link.datagram.destinationLow));
        UnsafeBuffer buffer = new UnsafeBuffer(frame);
        assertEquals(80 << 16 | 40_000, buffer.getInt(link.datagram.transportOffset, ByteOrder.BIG_ENDIAN));
        assertEquals(0x1234_5678, buffer.getInt(link.datagram.transportOffset + 4, ByteOrder.BIG_ENDIAN));
    }

    private void shouldDrop(byte[] frame) {
        long before = link.dropped(DropReason.ICMP);
        assertFalse(link.receive(0, frame));
        assertEquals(0, link.datagram.packetTooBigBytes);
        assertEquals(before + 1, link.dropped(DropReason.ICMP));
    }

    @Test
    void shouldReadWhatARouterSaysOfOurIpv4Packets() {
        var far = new IpAddress(0, IpAddress.lowOfIpv4(IpLink.FAR));
        var own = new IpAddress(0, IpAddress.lowOfIpv4(IpLink.OWN));
        shouldRead(ipv4(link, IpLink.OWN, IpLink.FAR, 6, 1500, 1400, 28), 1400, far, own);
        shouldRead(ipv4(link, IpLink.OWN, IpLink.FAR, 6, 1500, 0, 60), 1492, far, own);
        shouldRead(ipv4(link, IpLink.OWN, IpLink.FAR, 6, 1492, 0, 60), 1006, far, own);
        shouldRead(ipv4(link, IpLink.OWN, IpLink.FAR, 6, 100, 0, 60), 576, far, own);
        assertFalse(link.receive(0, link.tcp(IpLink.FAR, IpLink.PEER, 0)));
        assertEquals(0, link.datagram.packetTooBigBytes, "said once");
    }

    @Test
    void shouldReadWhatARouterSaysOfOurIpv6Packets() {
        shouldRead(ipv6(dual, OWN, FAR, 6, 1400, 48), 1400, FAR, OWN);
        shouldRead(ipv6(dual, OWN, FAR, 6, 1280, 60), 1280, FAR, OWN);
    }

    @Test
    void shouldDropWhatIsAboutNoPacketOfOurs() {
        shouldDrop(ipv4(link, IpLink.OWN, IpLink.FAR, 6, 1500, 1400, 27));
        shouldDrop(ipv4(link, IpLink.OWN, IpLink.FAR, 17, 1500, 1400, 28));
        shouldDrop(ipv4(link, IpLink.PEER, IpLink.FAR, 6, 1500, 1400, 28));
        shouldDrop(ipv4(link, IpLink.OWN, IpLink.ipv4("224.0.0.1"), 6, 1500, 1400, 28));
        shouldDrop(ipv6(dual, OWN, FAR, 6, 1400, 47));
        shouldDrop(ipv6(dual, OWN, FAR, 17, 1400, 48));
        shouldDrop(ipv6(dual, FAR, OWN, 6, 1400, 48));
        shouldDrop(ipv6(dual, OWN, FAR, 6, 1279, 48));
        shouldDrop(ipv6(dual, OWN, FAR, 6, -1, 48));
    }
}
