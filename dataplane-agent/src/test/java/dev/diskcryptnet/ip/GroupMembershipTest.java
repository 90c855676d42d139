package dev.diskcryptnet.ip;

import static dev.diskcryptnet.ip.Ipv6Link.OWN_GROUP;
import static dev.diskcryptnet.ip.Ipv6Link.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.netmap.FrameScript;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import dev.diskcryptnet.wire.ListenerFlyweight;
import dev.diskcryptnet.wire.MacAddress;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Multicast listener discovery (RFC 3810, RFC 2710). */
class GroupMembershipTest {
    private static final int QUERY = 130;
    private static final IpAddress QUERIER = IpAddress.parse("fe80::1");
    private static final byte[] ALERT = HexFormat.of().parseHex("3a00050200000100");
    private static final String REPORT = "33:33:00:00:00:16 %s > ff02::16 143";
    private static final long LATER = 10 * SECOND;

    private final Ipv6Link link = new Ipv6Link();
    private final IpAddress ownLinkLocal = link.ownLinkLocal();
    private final IpAddress linkLocalGroup =
            new IpAddress(IpAddress.SOLICITED_NODE_HIGH, IpAddress.solicitedNodeLow(ownLinkLocal.low()));

    private String report(IpAddress source, int record) {
        return REPORT.formatted(source) + " " + record + ":" + OWN_GROUP + " " + record + ":" + linkLocalGroup;
    }

    private List<String> reports() {
        List<String> reports = new ArrayList<>();
        for (FrameScript.Frame frame : link.link.sent()) {
            UnsafeBuffer buffer = frame.buffer();
            if (Ipv6Flyweight.version(buffer, 14) == 6 && Ipv6Flyweight.nextHeader(buffer, 14) == 0) {
                reports.add(text(buffer));
            }
        }
        return reports;
    }

    private String text(UnsafeBuffer buffer) {
        int bytes = buffer.capacity() - 62;
        long sourceHigh = Ipv6Flyweight.sourceHigh(buffer, 14);
        long sourceLow = Ipv6Flyweight.sourceLow(buffer, 14);
        long toHigh = Ipv6Flyweight.destinationHigh(buffer, 14);
        long toLow = Ipv6Flyweight.destinationLow(buffer, 14);
        byte[] alert = new byte[8];
        buffer.getBytes(54, alert);
        boolean good = EthernetFlyweight.source(buffer, 0) == link.link.ownStation
                && Ipv6Flyweight.hopLimit(buffer, 14) == 1
                && Ipv6Flyweight.payloadBytes(buffer, 14) == bytes + 8
                && HexFormat.of().formatHex(alert).equals(HexFormat.of().formatHex(ALERT))
                && IcmpFlyweight.isIcmpv6ChecksumGood(buffer, 62, bytes, sourceHigh, sourceLow, toHigh, toLow);
        int type = IcmpFlyweight.type(buffer, 62);
        var text = new StringBuilder(MacAddress.format(EthernetFlyweight.destination(buffer, 0)) + " "
                + IpAddress.format(sourceHigh, sourceLow) + " > " + IpAddress.format(toHigh, toLow) + " " + type);
        if (type == 131) {
            text.append(' ').append(address(buffer, 70));
            good &= bytes == 24;
        } else {
            int records = buffer.getShort(68, ByteOrder.BIG_ENDIAN);
            for (int at = 70; at < buffer.capacity(); at += 20) {
                text.append(' ').append(buffer.getByte(at)).append(':').append(address(buffer, at + 4));
                good &= buffer.getInt(at, ByteOrder.BIG_ENDIAN) == buffer.getByte(at) << 24;
            }
            good &= bytes == 8 + 20 * records;
        }
        return text + (good ? "" : " BAD");
    }

    private static String address(UnsafeBuffer buffer, int offset) {
        return IpAddress.format(
                buffer.getLong(offset, ByteOrder.BIG_ENDIAN), buffer.getLong(offset + 8, ByteOrder.BIG_ENDIAN));
    }

    private byte[] query(int bytes, int delayCode, IpAddress group, int hopLimit, IpAddress source, byte[] extension) {
        var message = new UnsafeBuffer(new byte[bytes]);
        message.putByte(0, (byte) QUERY);
        message.putShort(4, (short) delayCode, ByteOrder.BIG_ENDIAN);
        if (bytes >= 24) {
            message.putLong(8, group.high(), ByteOrder.BIG_ENDIAN);
            message.putLong(16, group.low(), ByteOrder.BIG_ENDIAN);
        }
        IpAddress all = IpAddress.ALL_NODES;
        IcmpFlyweight.completeIcmpv6Checksum(message, 0, bytes, source.high(), source.low(), all.high(), all.low());
        byte[] frame = link.packet(IpLink.PEER_STATION, 58, hopLimit, source, all, message.byteArray());
        return extension.length == 0 ? frame : Ipv6Link.extended(frame, 0, extension);
    }

    private void hear(long nowNs, int bytes, int delayCode, IpAddress group) {
        link.link.receive(nowNs, query(bytes, delayCode, group, 1, QUERIER, ALERT));
    }

    /** When the loop wakes up where timers say. */
    private List<String> reportsWithin(long fromNs, long toNs) {
        for (long nowNs = fromNs; nowNs <= toNs; nowNs = Math.max(nowNs + 1, link.link.host.nextDeadlineNs())) {
            link.link.host.onTimers(nowNs);
        }
        return reports();
    }

    @Test
    void shouldJoinBeforeAddressesAreAskedForAndTwiceWhenTheyAreInUse() {
        link.link.host.announce(0);
        assertEquals(List.of(report(Ipv6Link.NOBODY, 4)), reports());
        link.link.host.onTimers(SECOND);
        assertEquals(List.of(report(ownLinkLocal, 4)), reports());
        assertEquals(List.of(report(ownLinkLocal, 4)), reportsWithin(SECOND + 1, 2 * SECOND));
        link.link.host.onTimers(100 * SECOND);
        assertEquals(List.of(), reports());
        assertEquals(3, link.link.count("dcn_mld_reports_sent", null));
    }

    @Test
    void shouldAnswerAQueryOnceWithinItsTime() {
        link.ready();
        hear(LATER, 28, 1_000, Ipv6Link.NOBODY);
        hear(LATER, 28, 1_000, Ipv6Link.NOBODY);
        assertEquals(List.of(), reportsWithin(LATER, LATER));
        assertEquals(List.of(report(ownLinkLocal, 2)), reportsWithin(LATER, LATER + SECOND));
        link.link.host.onTimers(LATER + 10 * SECOND);
        assertEquals(List.of(), reports());
    }

    @Test
    void shouldAnswerAHurriedQueryBeforeAnEarlierOne() {
        link.ready();
        hear(LATER, 28, 30_000, Ipv6Link.NOBODY);
        hear(LATER, 28, 0, Ipv6Link.NOBODY);
        assertEquals(List.of(report(ownLinkLocal, 2)), reportsWithin(LATER, LATER));
        assertEquals(List.of(), reportsWithin(LATER + 1, LATER + 40 * SECOND));
    }

    @Test
    void shouldCountAReportThatFoundNoSlot() {
        link.ready();
        while (link.link.queue.control().take() >= 0) {
            // All are somebody else's.
        }
        long before = link.link.count("dcn_nd_unsent", null);
        hear(LATER, 28, 0, Ipv6Link.NOBODY);
        link.link.host.onTimers(LATER);
        assertTrue(link.link.count("dcn_nd_unsent", null) > before);
    }

    @Test
    void shouldTakeLongDelaysAsTheFloatsThatTheyAre() {
        assertEquals(0x1234 << 8, delayMs(28, 0xD234));
        assertEquals(0xD234, delayMs(24, 0xD234));
        assertEquals(0x7FFF, delayMs(28, 0x7FFF));
    }

    private int delayMs(int bytes, int code) {
        var message = new UnsafeBuffer(new byte[bytes]);
        message.putShort(4, (short) code, ByteOrder.BIG_ENDIAN);
        return ListenerFlyweight.maxDelayMs(message, 0, bytes);
    }

    @Test
    void shouldAnswerQueriesAboutItsOwnGroupsOnly() {
        link.ready();
        hear(LATER, 28, 0, IpAddress.parse("ff02::1:ff99:9999"));
        hear(LATER, 28, 0, IpAddress.parse("ff05::1:ff00:10"));
        link.link.host.onTimers(LATER);
        assertEquals(List.of(), reports());
        assertEquals(0, link.link.dropped(DropReason.MLD_MALFORMED));
        hear(LATER, 28, 0, OWN_GROUP);
        link.link.host.onTimers(LATER);
        assertEquals(List.of(report(ownLinkLocal, 2)), reports());
    }

    @Test
    void shouldJoinAsAnOldQuerierSpeaks() {
        link.link.host.announce(0);
        reports();
        hear(SECOND / 2, 24, 60_000, Ipv6Link.NOBODY);
        link.link.host.onTimers(SECOND);
        List<String> joined = reports();
        assertEquals(2, joined.size());
        assertTrue(joined.stream().allMatch(report -> report.contains(" 131 ")), joined::toString);
    }

    @Test
    void shouldSpeakTheOldVersionWhileAQuerierDoes() {
        link.ready();
        hear(LATER, 24, 0, Ipv6Link.NOBODY);
        link.link.host.onTimers(LATER);
        List<String> old = List.of(
                "33:33:ff:00:00:10 " + ownLinkLocal + " > " + OWN_GROUP + " 131 " + OWN_GROUP,
                MacAddress.format(MacAddress.ofIpv6Group(linkLocalGroup.low())) + " " + ownLinkLocal + " > "
                        + linkLocalGroup + " 131 " + linkLocalGroup);
        assertEquals(old, reports());
        long end = LATER + GroupMembership.OLD_QUERIER_NS;
        hear(end, 28, 0, Ipv6Link.NOBODY);
        link.link.host.onTimers(end);
        assertEquals(old, reports());
        hear(end + SECOND, 28, 0, Ipv6Link.NOBODY);
        link.link.host.onTimers(end + SECOND);
        assertEquals(List.of(report(ownLinkLocal, 2)), reports());
    }

    @Test
    void shouldNotBeMadeToFloodTheLink() {
        link.ready();
        int sent = 0;
        for (long nowNs = LATER; nowNs < LATER + SECOND; nowNs += SECOND / 1000) {
            hear(nowNs, 28, 0, Ipv6Link.NOBODY);
            link.link.host.onTimers(nowNs);
            sent += reports().size();
        }
        assertEquals(SECOND / GroupMembership.MIN_INTERVAL_NS, sent);
    }

    /** RFC 3810 6.2. */
    @ParameterizedTest
    @CsvSource({
        "28,1,fe80::1,''",
        "28,1,fe80::1,3a00050200010100",
        "28,1,fe80::1,3a00010401000000",
        "28,2,fe80::1,3a00050200000100",
        "28,1,2001:db8::77,3a00050200000100",
        "27,1,fe80::1,3a00050200000100",
        "20,1,fe80::1,3a00050200000100"
    })
    void shouldDropQueriesThatCannotBe(int bytes, int hopLimit, String source, String extension) {
        link.ready();
        byte[] options = HexFormat.of().parseHex(extension);
        link.link.receive(LATER, query(bytes, 0, Ipv6Link.NOBODY, hopLimit, IpAddress.parse(source), options));
        link.link.host.onTimers(LATER + SECOND);
        assertEquals(List.of(), reports());
        assertEquals(1, link.link.dropped(DropReason.MLD_MALFORMED));
    }

    /** One worker of a port speaks for all. */
    @Test
    void shouldSayNothingWhereAnotherWorkerDoes() {
        var silent = new Ipv6Link(false);
        silent.link.host.announce(0);
        silent.link.receive(0, query(28, 0, Ipv6Link.NOBODY, 1, QUERIER, ALERT));
        silent.link.host.onTimers(10 * SECOND);
        assertEquals(0, silent.link.count("dcn_mld_reports_sent", null));
    }

    /** A switch hears of nobody's groups where nobody has an IPv6 address. */
    @Test
    void shouldSayNothingWithoutAddresses() {
        var link = new IpLink();
        link.host.announce(0);
        link.host.onTimers(10 * SECOND);
        assertEquals(0, link.count("dcn_mld_reports_sent", null));
    }
}
