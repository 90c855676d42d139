package dev.diskcryptnet.ip;

import static dev.diskcryptnet.ip.Ipv6Link.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.FrameScript;
import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.EcnField;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class Ipv6ReceiveTest {
    private static final int TCP = 6;

    private final Ipv6Link link = new Ipv6Link().ready();

    private void shouldDrop(DropReason reason, byte[] frame) {
        long before = link.link.dropped(reason);
        assertFalse(link.link.receive(0, frame), reason::name);
        assertEquals(before + 1, link.link.dropped(reason), reason::name);
        assertEquals(List.of(), link.link.sent());
    }

    private static byte[] changed(byte[] frame, int offset, int value) {
        byte[] copy = frame.clone();
        copy[offset] = (byte) value;
        return copy;
    }

    @Test
    void shouldPassGoodTcpWithoutItsPadding() {
        assertTrue(link.link.receive(0, Arrays.copyOf(link.tcp(FAR, OWN, 0), 90)));
        assertEquals(54, link.link.datagram.transportOffset);
        assertEquals(20, link.link.datagram.transportBytes);
        assertEquals(FAR, new IpAddress(link.link.datagram.sourceHigh, link.link.datagram.sourceLow));
        assertEquals(OWN, new IpAddress(link.link.datagram.destinationHigh, link.link.datagram.destinationLow));
        assertTrue(link.link.receive(0, link.link.tcp(IpLink.FAR, IpLink.OWN, 0)), "and IPv4 beside it");
    }

    @Test
    void shouldVerifyTheTcpChecksumUnlessItIsKnownToBeGood() {
        byte[] frame = link.tcp(FAR, OWN, 33);
        byte[] broken = changed(frame, frame.length - 1, frame[frame.length - 1] + 1);
        shouldDrop(DropReason.CHECKSUM, broken);
        assertTrue(link.link.receive(0, broken, FrameHandler.CHECKSUM_GOOD));
    }

    @Test
    void shouldDropWhatIsWrongBelowTcpByReason() {
        byte[] good = link.tcp(FAR, OWN, 40);
        shouldDrop(DropReason.TRUNCATED, Arrays.copyOf(good, 53));
        shouldDrop(DropReason.TRUNCATED, Arrays.copyOf(good, good.length - 1));
        shouldDrop(DropReason.NOT_OUR_STATION, changed(good, 5, 0x55));
        shouldDrop(DropReason.MALFORMED, changed(good, 14, 0x45));
        shouldDrop(DropReason.PROTOCOL, changed(good, 20, 17));
        shouldDrop(DropReason.PROTOCOL, changed(good, 20, 59));
        shouldDrop(DropReason.NOT_OUR_ADDRESS, link.tcp(FAR, PEER, 40));
        shouldDrop(DropReason.NOT_OUR_ADDRESS, link.tcp(FAR, OWN_GROUP, 40));
        shouldDrop(DropReason.NOT_OUR_ADDRESS, link.tcp(FAR, IpAddress.parse("ff02::1:ff00:11"), 40));
        shouldDrop(DropReason.NOT_OUR_ADDRESS, link.tcp(FAR, IpAddress.parse("ff02::2"), 40));
        byte[] unicastToGroup = link.tcp(FAR, OWN, 40);
        new UnsafeBuffer(unicastToGroup).putBytes(0, new byte[] {0x33, 0x33, 0, 0, 0, 1});
        shouldDrop(DropReason.NOT_OUR_ADDRESS, unicastToGroup);
        for (String source : List.of("::", "::1", "ff02::1", "2001:db8::10", "::ffff:192.0.2.77")) {
            shouldDrop(DropReason.SOURCE_ADDRESS, link.tcp(IpAddress.parse(source), OWN, 40));
        }
        shouldDrop(DropReason.NOT_OUR_ADDRESS, link.tcp(FAR, IpAddress.parse("::ffff:192.0.2.10"), 40));
        assertFalse(link.link.receive(0, good, FrameHandler.TRUNCATED));
    }

    @Test
    void shouldSkipExtensionHeadersThatAreOnlyToBeSkipped() {
        byte[] tcp = link.tcp(FAR, OWN, 100);
        byte[] padded = {TCP, 0, 1, 4, 0, 0, 0, 0};
        byte[] unknownToSkip = {60, 0, 0x1E, 4, 1, 2, 3, 4};
        byte[] routed = {TCP, 0, 4, 0, 0, 0, 0, 0};
        byte[] wholeFragment = {TCP, 0, 0, 0, 0, 0, 0, 9};
        byte[] longer = {TCP, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        shouldPassBehind(tcp, 60, padded);
        shouldPassBehind(tcp, 0, padded);
        shouldPassBehind(tcp, 0, unknownToSkip, padded);
        shouldPassBehind(tcp, 43, routed);
        shouldPassBehind(tcp, 44, wholeFragment);
        shouldPassBehind(tcp, 60, longer);
    }

    private void shouldPassBehind(byte[] tcp, int first, byte[]... headers) {
        byte[] all = joined(headers);
        assertTrue(link.link.receive(0, Ipv6Link.extended(tcp, first, all)), "first=" + first);
        assertEquals(54 + all.length, link.link.datagram.transportOffset);
        assertEquals(120, link.link.datagram.transportBytes);
    }

    private static byte[] joined(byte[]... parts) {
        var all = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @Test
    void shouldRefuseExtensionHeadersThatAskForMore() {
        byte[] tcp = link.tcp(FAR, OWN, 100);
        shouldRefuse(DropReason.FRAGMENT, tcp, 44, new byte[] {TCP, 0, 0, 1, 0, 0, 0, 9});
        shouldRefuse(DropReason.FRAGMENT, tcp, 44, new byte[] {TCP, 0, 0, 8, 0, 0, 0, 9});
        shouldRefuse(DropReason.EXTENSION_HEADER, tcp, 43, new byte[] {TCP, 0, 0, 1, 0, 0, 0, 0});
        for (int type : List.of(0x5E, 0x9E, 0xC2)) {
            shouldRefuse(DropReason.EXTENSION_HEADER, tcp, 0, new byte[] {TCP, 0, (byte) type, 4, 0, 0, 0, 0});
        }
        shouldRefuse(DropReason.EXTENSION_HEADER, tcp, 60, new byte[] {TCP, 0, 1, 5, 0, 0, 0, 0});
        shouldRefuse(DropReason.EXTENSION_HEADER, tcp, 60, new byte[] {TCP, 0, 1, 3, 0, 0, 0, 1});
        byte[] manyOptions = new byte[16];
        manyOptions[0] = TCP;
        manyOptions[1] = 1;
        shouldRefuse(DropReason.EXTENSION_HEADER, tcp, 60, manyOptions);
        byte[] again = {60, 0, 1, 4, 0, 0, 0, 0};
        byte[] last = {TCP, 0, 1, 4, 0, 0, 0, 0};
        shouldPassBehind(tcp, 60, again, again, again, last);
        shouldRefuse(DropReason.EXTENSION_HEADER, tcp, 60, joined(again, again, again, again, last));
        byte[] hopByHopLate = {0, 0, 1, 4, 0, 0, 0, 0};
        shouldRefuse(DropReason.EXTENSION_HEADER, tcp, 60, joined(hopByHopLate, last));
        shouldRefuse(DropReason.MALFORMED, tcp, 60, new byte[] {TCP, (byte) 255, 1, 4, 0, 0, 0, 0});
        byte[] cut = link.packet(IpLink.PEER_STATION, 60, 64, FAR, OWN, new byte[7]);
        shouldDrop(DropReason.MALFORMED, cut);
    }

    private void shouldRefuse(DropReason reason, byte[] tcp, int first, byte[] extensions) {
        shouldDrop(reason, Ipv6Link.extended(tcp, first, extensions));
    }

    @Test
    void shouldAnswerEchoWithTheSameData() {
        for (int bytes : List.of(8, 9, 64, 1460)) {
            byte[] request = link.icmp(128, 64, PEER, OWN, bytes);
            assertFalse(link.link.receive(0, request));
            List<FrameScript.Frame> sent = link.link.sent();
            assertEquals(1, sent.size());
            UnsafeBuffer reply = sent.getFirst().buffer();
            assertEquals(54 + bytes, reply.capacity());
            assertEquals(IpLink.PEER_STATION, EthernetFlyweight.destination(reply, 0));
            assertEquals(OWN, new IpAddress(Ipv6Flyweight.sourceHigh(reply, 14), Ipv6Flyweight.sourceLow(reply, 14)));
            assertEquals((byte) 129, reply.getByte(54));
            assertTrue(IcmpFlyweight.isIcmpv6ChecksumGood(
                    reply, 54, bytes, OWN.high(), OWN.low(), PEER.high(), PEER.low()));
            assertArrayEquals(
                    Arrays.copyOfRange(request, 58, 54 + bytes),
                    Arrays.copyOfRange(sent.getFirst().bytes(), 58, 54 + bytes));
        }
    }

    @Test
    void shouldDropIcmpThatIsBrokenTooLargeTooFrequentOrNotForUs() {
        byte[] echo = link.icmp(128, 64, PEER, OWN, 64);
        shouldDrop(DropReason.CHECKSUM, changed(echo, 60, echo[60] + 1));
        shouldDrop(DropReason.ICMP, link.icmp(128, 64, PEER, OWN, 1461));
        shouldDrop(DropReason.ICMP, link.icmp(128, 64, PEER, IpAddress.ALL_NODES, 64));
        shouldDrop(DropReason.ICMP, link.icmp(131, 1, PEER, OWN, 64));
        shouldDrop(DropReason.MALFORMED, link.icmp(128, 64, PEER, OWN, 7));
        shouldDrop(DropReason.ROUTER_ADVERTISEMENT, link.icmp(134, 255, PEER, IpAddress.ALL_NODES, 64));
        shouldDrop(DropReason.REDIRECT, link.icmp(137, 255, PEER, OWN, 64));
        int answered = 0;
        for (int i = 0; i < 1_000; i++) {
            link.link.receive(1_000, echo);
            answered += link.link.sent().size();
        }
        assertEquals(100, answered);
        assertEquals(900, link.link.dropped(DropReason.ECHO_LIMIT));
    }

    @Test
    void shouldWriteHeadersThatItWouldAccept() {
        byte[] frame = new byte[54 + 20 + 1000];
        UnsafeBuffer buffer = new UnsafeBuffer(frame);
        assertEquals(54, link.link.host.headerBytes(FAR.high(), FAR.low()));
        link.link.host.writeHeaders(
                buffer,
                0,
                link.link.ownStation,
                FAR.high(),
                FAR.low(),
                OWN.high(),
                OWN.low(),
                0xB8 | EcnField.MARKED,
                1020);
        buffer.putShort(70, (short) 0x1234);
        link.link.host.completeTcpChecksum(buffer, 54, 1020, FAR.high(), FAR.low(), OWN.high(), OWN.low());
        assertEquals(64, Ipv6Flyweight.hopLimit(buffer, 14));
        assertTrue(link.link.receive(0, frame));
        assertEquals(0xB8 | EcnField.MARKED, link.link.datagram.trafficClass);
        assertEquals(6, Ipv6Flyweight.version(buffer, 14));
        int pseudo = link.link.host.pseudoHeaderSum(FAR.high(), FAR.low(), OWN.high(), OWN.low(), 1020);
        assertEquals(0xFFFF, Checksum.fold((long) pseudo + Checksum.sum(buffer, 54, 1020)));
    }

    @Test
    void shouldKnowNothingOfIpv6WithoutAnAddress() {
        IpLink ipv4 = new IpLink();
        assertFalse(ipv4.receive(0, link.tcp(FAR, OWN, 10)));
        assertFalse(ipv4.receive(
                0,
                link.neighbour(
                        SOLICITATION, 0, IpLink.PEER_STATION, PEER, IpAddress.ALL_NODES, OWN, IpLink.PEER_STATION)));
        assertEquals(2, ipv4.dropped(DropReason.NOT_OUR_ADDRESS));
        ipv4.host.announce(0);
        ipv4.host.onTimers(SECOND);
        assertTrue(ipv4.sent().stream().noneMatch(frame -> EthernetFlyweight.type(frame.buffer(), 0) == 0x86DD));
    }
}
