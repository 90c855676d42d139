package dev.diskcryptnet.ip;

import static dev.diskcryptnet.ip.IpLink.FAR;
import static dev.diskcryptnet.ip.IpLink.OWN;
import static dev.diskcryptnet.ip.IpLink.PEER;
import static dev.diskcryptnet.ip.IpLink.PEER_STATION;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.FrameScript;
import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.EcnField;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class IpHostReceiveTest {
    private final IpLink link = new IpLink();

    private void shouldDrop(DropReason reason, byte[] frame) {
        long before = link.dropped(reason);
        assertFalse(link.receive(0, frame), reason::name);
        assertEquals(before + 1, link.dropped(reason), reason::name);
        assertEquals(List.of(), link.sent());
    }

    private byte[] changed(byte[] frame, int offset, int value) {
        byte[] copy = frame.clone();
        copy[offset] = (byte) value;
        return copy;
    }

    private byte[] withHeaderByte(byte[] frame, int offset, int value) {
        byte[] copy = changed(frame, 14 + offset, value);
        UnsafeBuffer buffer = new UnsafeBuffer(copy);
        buffer.putShort(24, (short) 0);
        int headerBytes = Math.max(20, Math.min(Ipv4Flyweight.headerBytes(buffer, 14), copy.length - 14));
        int sum = Checksum.sum(buffer, 14, headerBytes);
        buffer.putShort(24, (short) Checksum.complement(sum), ByteOrder.BIG_ENDIAN);
        return copy;
    }

    /** With the checksum that goes with it (RFC 1624). */
    private byte[] withMessageType(byte[] echo, int type) {
        byte[] copy = changed(echo, 34, type);
        UnsafeBuffer buffer = new UnsafeBuffer(copy);
        buffer.putShort(36, (short) 0);
        int sum = Checksum.sum(buffer, 34, Ipv4Flyweight.totalBytes(buffer, 14) - 20);
        buffer.putShort(36, (short) Checksum.complement(sum), ByteOrder.BIG_ENDIAN);
        return copy;
    }

    @Test
    void shouldPassGoodTcpWithoutItsPadding() {
        assertTrue(link.receive(0, link.tcp(FAR, OWN, 0)));
        assertEquals(34, link.datagram.transportOffset);
        assertEquals(20, link.datagram.transportBytes);
        assertEquals(IpAddress.lowOfIpv4(FAR), link.datagram.sourceLow);
        assertEquals(IpAddress.lowOfIpv4(OWN), link.datagram.destinationLow);
        assertEquals(0, link.datagram.sourceHigh | link.datagram.destinationHigh);
    }

    @Test
    void shouldTellTheTrafficClassOfTcp() {
        assertTrue(link.receive(0, withHeaderByte(link.tcp(PEER, OWN, 10), 1, 0xB8 | EcnField.MARKED)));
        assertEquals(0xB8 | EcnField.MARKED, link.datagram.trafficClass);
        assertTrue(link.receive(0, link.tcp(PEER, OWN, 10)));
        assertEquals(0, link.datagram.trafficClass);
    }

    @Test
    void shouldPassTcpBehindIpOptions() {
        byte[] plain = link.tcp(FAR, OWN, 100);
        byte[] frame = new byte[plain.length + 8];
        System.arraycopy(plain, 0, frame, 0, 34);
        Arrays.fill(frame, 34, 42, (byte) 1);
        System.arraycopy(plain, 34, frame, 42, plain.length - 34);
        frame = withHeaderByte(withHeaderByte(frame, 3, 148), 0, 0x47);
        assertTrue(link.receive(0, frame));
        assertEquals(42, link.datagram.transportOffset);
        assertEquals(120, link.datagram.transportBytes);
    }

    @Test
    void shouldVerifyTheTcpChecksumUnlessItIsKnownToBeGood() {
        byte[] frame = link.tcp(FAR, OWN, 33);
        byte[] broken = changed(frame, frame.length - 1, frame[frame.length - 1] + 1);
        shouldDrop(DropReason.CHECKSUM, broken);
        assertTrue(link.receive(0, broken, FrameHandler.CHECKSUM_GOOD));
    }

    @Test
    void shouldDropWhatIsWrongBelowTcpByReason() {
        byte[] good = link.tcp(FAR, OWN, 40);
        shouldDrop(DropReason.TRUNCATED, Arrays.copyOf(good, 13));
        shouldDrop(DropReason.TRUNCATED, Arrays.copyOf(good, 33));
        shouldDrop(DropReason.TRUNCATED, Arrays.copyOf(good, good.length - 1));
        shouldDrop(DropReason.NOT_OUR_STATION, changed(good, 5, 0x55));
        shouldDrop(DropReason.ETHER_TYPE, changed(good, 13, 0x55));
        shouldDrop(DropReason.MALFORMED, withHeaderByte(good, 0, 0x65));
        shouldDrop(DropReason.MALFORMED, withHeaderByte(good, 0, 0x44));
        shouldDrop(DropReason.MALFORMED, withHeaderByte(good, 3, 19));
        shouldDrop(DropReason.CHECKSUM, changed(good, 22, 1));
        shouldDrop(DropReason.FRAGMENT, withHeaderByte(good, 6, 0x20));
        shouldDrop(DropReason.FRAGMENT, withHeaderByte(good, 7, 0x01));
        shouldDrop(DropReason.PROTOCOL, withHeaderByte(good, 9, 17));
        shouldDrop(DropReason.NOT_OUR_ADDRESS, link.tcp(FAR, PEER, 40));
        for (String source :
                List.of("0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.255", "192.0.2.0")) {
            shouldDrop(DropReason.SOURCE_ADDRESS, link.tcp(IpLink.ipv4(source), OWN, 40));
        }
        shouldDrop(DropReason.SOURCE_ADDRESS, link.tcp(OWN, OWN, 40));
        assertFalse(link.receive(0, good, FrameHandler.TRUNCATED));
    }

    @Test
    void shouldAnswerEchoWithTheSameData() {
        for (int dataBytes : List.of(0, 1, 56, 1472)) {
            byte[] request = link.echo(PEER, OWN, dataBytes);
            assertFalse(link.receive(0, request));
            List<FrameScript.Frame> sent = link.sent();
            assertEquals(1, sent.size());
            UnsafeBuffer reply = sent.getFirst().buffer();
            assertEquals(42 + dataBytes, reply.capacity());
            assertEquals(PEER_STATION, EthernetFlyweight.destination(reply, 0));
            assertEquals(link.ownStation, EthernetFlyweight.source(reply, 0));
            assertTrue(Ipv4Flyweight.isChecksumGood(reply, 14, 20));
            assertEquals(OWN, Ipv4Flyweight.source(reply, 14));
            assertEquals(PEER, Ipv4Flyweight.destination(reply, 14));
            assertEquals(0, reply.getByte(34));
            assertEquals(0xFFFF, Checksum.sum(reply, 34, 8 + dataBytes));
            assertArrayEquals(
                    Arrays.copyOfRange(request, 38, 42 + dataBytes),
                    Arrays.copyOfRange(sent.getFirst().bytes(), 38, 42 + dataBytes));
        }
    }

    @Test
    void shouldDropEchoThatIsBrokenTooLargeOrTooFrequent() {
        byte[] echo = link.echo(PEER, OWN, 56);
        shouldDrop(DropReason.CHECKSUM, changed(echo, 60, echo[60] + 1));
        shouldDrop(DropReason.ICMP, withMessageType(echo, 13));
        shouldDrop(DropReason.ICMP, link.echo(PEER, OWN, 1473));
        int answered = 0;
        for (int i = 0; i < 1_000; i++) {
            link.receive(1_000, echo);
            answered += link.sent().size();
        }
        assertEquals(100, answered);
        assertEquals(900, link.dropped(DropReason.ECHO_LIMIT));
        link.receive(2_000_000_000L, echo);
        assertEquals(1, link.sent().size());
    }

    @Test
    void shouldWriteHeadersThatItWouldAccept() {
        byte[] frame = new byte[34 + 20 + 1000];
        UnsafeBuffer buffer = new UnsafeBuffer(frame);
        long own = IpAddress.lowOfIpv4(OWN);
        long far = IpAddress.lowOfIpv4(FAR);
        assertEquals(34, link.host.headerBytes(0, far));
        link.host.writeHeaders(buffer, 0, PEER_STATION, 0, own, 0, far, EcnField.CAPABLE, 1020);
        assertEquals(EcnField.CAPABLE, Ipv4Flyweight.trafficClass(buffer, 14));
        assertTrue(Ipv4Flyweight.isChecksumGood(buffer, 14, 20));
        assertEquals(1040, Ipv4Flyweight.totalBytes(buffer, 14));
        assertEquals(0x4000, buffer.getShort(20, ByteOrder.BIG_ENDIAN));
        assertEquals(PEER_STATION, EthernetFlyweight.destination(buffer, 0));

        buffer.putShort(50, (short) 0x1234);
        link.host.completeTcpChecksum(buffer, 34, 1020, 0, own, 0, far);
        int pseudo = link.host.pseudoHeaderSum(0, own, 0, far, 1020);
        assertEquals(0xFFFF, Checksum.fold((long) pseudo + Checksum.sum(buffer, 34, 1020)));
    }

    @Test
    void shouldCountUpTheIdentification() {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[64]);
        for (int i = 0; i < 70_000; i++) {
            link.host.writeHeaders(buffer, 0, 1, 0, IpAddress.lowOfIpv4(OWN), 0, IpAddress.lowOfIpv4(FAR), 0, 65_515);
            assertEquals(i & 0xFFFF, buffer.getShort(18, ByteOrder.BIG_ENDIAN) & 0xFFFF);
            assertTrue(Ipv4Flyweight.isChecksumGood(buffer, 14, 20));
        }
    }

    @Test
    void shouldRefuseAConfigurationThatCannotWork() {
        shouldRefuse("gateway=2001:db8::1", List.of("192.0.2.10/24"), List.of("2001:db8::1"));
        shouldRefuse("gateway=2001:db8:1::1", List.of("2001:db8::10/64"), List.of("2001:db8:1::1"));
        shouldRefuse("gateway=2001:db8::10", List.of("2001:db8::10/64"), List.of("2001:db8::10"));
        shouldRefuse("gateway=ff02::1", List.of("2001:db8::10/64"), List.of("ff02::1"));
        for (String address : List.of("::/0", "::1/128", "ff02::1/64", "2001:db8::/64", "2001:db8::/126")) {
            shouldRefuse("address=" + address, List.of(address), List.of());
        }
        shouldRefuse("gateway=198.51.100.1", List.of("192.0.2.10/24"), List.of("198.51.100.1"));
        shouldRefuse("gateway=192.0.2.10", List.of("192.0.2.10/24"), List.of("192.0.2.10"));
        shouldRefuse("address=192.0.2.255/24", List.of("192.0.2.255/24"), List.of());
        shouldRefuse("address=224.0.0.1/4", List.of("224.0.0.1/4"), List.of());
        shouldRefuse("no prefix length", List.of("192.0.2.10"), List.of());
        shouldRefuse("prefixBits=33", List.of("192.0.2.10/33"), List.of());
        shouldRefuse("addresses=[]", List.of(), List.of());
    }

    private void shouldRefuse(String message, List<String> addresses, List<String> gateways) {
        var refusal = assertThrows(
                IllegalArgumentException.class,
                () -> new IpHost(
                        link.port.facts(), link.queue.control(), IpConfig.parse(addresses, gateways), link.counters));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }
}
