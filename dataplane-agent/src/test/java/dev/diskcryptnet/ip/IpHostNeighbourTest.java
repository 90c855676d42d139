package dev.diskcryptnet.ip;

import static dev.diskcryptnet.ip.IpLink.FAR;
import static dev.diskcryptnet.ip.IpLink.GATEWAY;
import static dev.diskcryptnet.ip.IpLink.GATEWAY_STATION;
import static dev.diskcryptnet.ip.IpLink.OWN;
import static dev.diskcryptnet.ip.IpLink.PEER;
import static dev.diskcryptnet.ip.IpLink.PEER_STATION;
import static dev.diskcryptnet.ip.IpLink.SECOND_GATEWAY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.netmap.FrameScript;
import dev.diskcryptnet.wire.ArpFlyweight;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.MacAddress;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class IpHostNeighbourTest {
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1_000 * MS;
    private static final int REQUEST = 1;
    private static final int REPLY = 2;

    private final IpLink link = new IpLink();

    /** Operation, destination station and target of each ARP packet sent, as text. */
    private List<String> arpSent() {
        List<String> packets = new ArrayList<>();
        for (FrameScript.Frame frame : link.sent()) {
            UnsafeBuffer buffer = frame.buffer();
            assertEquals(42, buffer.capacity());
            assertEquals(link.ownStation, EthernetFlyweight.source(buffer, 0));
            assertEquals(link.ownStation, ArpFlyweight.senderHardware(buffer, 14));
            assertEquals(OWN, ArpFlyweight.senderProtocol(buffer, 14));
            long destination = EthernetFlyweight.destination(buffer, 0);
            packets.add((ArpFlyweight.operation(buffer, 14) == REQUEST ? "request " : "reply ")
                    + (destination == MacAddress.BROADCAST ? "all " : MacAddress.format(destination) + " ")
                    + IpAddress.format(0, IpAddress.lowOfIpv4(ArpFlyweight.targetProtocol(buffer, 14))));
        }
        return packets;
    }

    private void hear(long nowNs, int address, long station) {
        link.receive(nowNs, link.arp(REPLY, station, address, link.ownStation, OWN));
    }

    @Test
    void shouldAnswerRequestsForOurAddressOnly() {
        link.receive(0, link.arp(REQUEST, PEER_STATION, PEER, 0, OWN));
        assertEquals(List.of("reply 02:00:00:00:00:77 192.0.2.77"), arpSent());
        link.receive(0, link.arp(REQUEST, PEER_STATION, PEER, 0, GATEWAY));
        assertEquals(List.of(), arpSent());
    }

    @Test
    void shouldAnswerAnAddressProbeWithoutLearning() {
        link.receive(0, link.arp(REQUEST, PEER_STATION, 0, 0, OWN));
        assertEquals(List.of("reply 02:00:00:00:00:77 0.0.0.0"), arpSent());
        assertEquals(0, link.count("dcn_ip_neighbours", null));
    }

    @Test
    void shouldLearnButNotAnswerWhenAnotherWorkerDoes() {
        IpLink second = new IpLink(false);
        second.receive(0, second.arp(REQUEST, PEER_STATION, PEER, 0, OWN));
        assertEquals(List.of(), second.sent());
        assertEquals(PEER_STATION, second.nextHop(0, PEER));
        second.host.announce(0);
        assertEquals(2, second.sent().size());
    }

    @Test
    void shouldAskForAnUnknownHostWithBackoffAndThenPause() {
        List<Long> askedMs = new ArrayList<>();
        for (long ms = 0; ms < 17_000; ms += 10) {
            assertEquals(IpHost.UNRESOLVED, link.nextHop(ms * MS, PEER));
            link.host.onTimers(ms * MS);
            for (String packet : arpSent()) {
                assertEquals("request all 192.0.2.77", packet);
                askedMs.add(ms);
            }
        }
        assertEquals(List.of(0L, 250L, 750L, 1_750L, 3_750L, 15_750L, 16_000L, 16_500L), askedMs);
    }

    @Test
    void shouldAskAgainFromTheTimerAtItsDeadline() {
        link.nextHop(5, PEER);
        arpSent();
        long deadline = link.host.nextDeadlineNs();
        assertEquals(5 + 250 * MS, deadline);
        link.host.onTimers(deadline - 1);
        assertEquals(List.of(), arpSent());
        link.host.onTimers(deadline);
        assertEquals(List.of("request all 192.0.2.77"), arpSent());
        hear(deadline, PEER, PEER_STATION);
        assertEquals(PEER_STATION, link.nextHop(deadline, PEER));
        link.host.onTimers(deadline + 10 * SECOND);
        assertEquals(Long.MAX_VALUE, link.host.nextDeadlineNs());
        assertEquals(List.of(), arpSent());
    }

    @Test
    void shouldSendOffLinkThroughTheFirstReachableGateway() {
        assertEquals(IpHost.UNRESOLVED, link.nextHop(0, FAR));
        assertEquals(List.of("request all 192.0.2.1", "request all 192.0.2.2"), arpSent());
        hear(1, SECOND_GATEWAY, 0x02_00_00_00_00_02L);
        assertEquals(0x02_00_00_00_00_02L, link.nextHop(2, FAR));
        hear(3, GATEWAY, GATEWAY_STATION);
        assertEquals(GATEWAY_STATION, link.nextHop(4, FAR + 1));
        assertEquals(GATEWAY_STATION, link.nextHop(5, FAR));
    }

    @Test
    void shouldMoveToTheSecondGatewayWhenTheFirstIsGoneAndBack() {
        hear(0, GATEWAY, GATEWAY_STATION);
        hear(0, SECOND_GATEWAY, 0x02_00_00_00_00_02L);
        long movedMs = 0;
        for (long ms = 0; ms < 60_000; ms += 50) {
            long now = ms * MS;
            link.host.onTimers(now);
            long station = link.nextHop(now, FAR);
            for (String packet : arpSent()) {
                if (packet.endsWith("192.0.2.2")) {
                    hear(now, SECOND_GATEWAY, 0x02_00_00_00_00_02L);
                }
            }
            assertNotEquals(IpHost.UNRESOLVED, link.nextHop(now, FAR));
            if (station == 0x02_00_00_00_00_02L && movedMs == 0) {
                movedMs = ms;
            }
        }
        assertTrue(movedMs > 30_000 && movedMs <= 38_000, "movedMs=" + movedMs);
        hear(60 * SECOND, GATEWAY, GATEWAY_STATION);
        assertEquals(GATEWAY_STATION, link.nextHop(60 * SECOND, FAR + 1));
    }

    @Test
    void shouldFollowAGatewayThatChangesItsStation() {
        long moved = 0x02_00_00_00_00_99L;
        hear(0, GATEWAY, GATEWAY_STATION);
        assertEquals(GATEWAY_STATION, link.nextHop(1, FAR));
        link.receive(2, link.arp(REQUEST, moved, GATEWAY, 0, GATEWAY));
        assertEquals(moved, link.nextHop(3, FAR));
    }

    @Test
    void shouldFindAGatewayThatMovedWithoutAWord() {
        hear(0, GATEWAY, GATEWAY_STATION);
        List<String> asked = new ArrayList<>();
        for (long ms = 29_000; ms < 31_500; ms += 50) {
            assertEquals(GATEWAY_STATION, link.nextHop(ms * MS, FAR), "served while asked for");
            link.host.onTimers(ms * MS);
            asked.addAll(arpSent());
        }
        assertEquals(
                List.of(
                        "request 02:00:00:00:00:01 192.0.2.1",
                        "request 02:00:00:00:00:01 192.0.2.1",
                        "request all 192.0.2.1"),
                asked.stream().filter(packet -> packet.endsWith(".1")).toList());
        hear(31_500 * MS, GATEWAY, 0x02_00_00_00_00_99L);
        assertEquals(0x02_00_00_00_00_99L, link.nextHop(31_501 * MS, FAR));
    }

    @Test
    void shouldAskForAGatewayAtOnceWhenNothingSentThroughItIsAnswered() {
        hear(0, GATEWAY, GATEWAY_STATION);
        link.host.suspect(SECOND, 0, IpAddress.lowOfIpv4(FAR));
        assertEquals(GATEWAY_STATION, link.nextHop(SECOND, FAR));
        assertEquals(List.of(), arpSent(), "it was heard just now");
        link.host.suspect(3 * SECOND, 0, IpAddress.lowOfIpv4(FAR));
        assertEquals(GATEWAY_STATION, link.nextHop(3 * SECOND, FAR));
        assertEquals(List.of("request 02:00:00:00:00:01 192.0.2.1"), arpSent());
    }

    @Test
    void shouldNotAskForNeighboursThatNothingIsSentTo() {
        hear(0, PEER, PEER_STATION);
        link.host.onTimers(1_000 * SECOND);
        assertEquals(List.of(), arpSent());
        assertEquals(IpHost.UNRESOLVED, link.nextHop(1_000 * SECOND, PEER), "too old to be trusted");
        assertEquals(List.of("request all 192.0.2.77"), arpSent());
    }

    @Test
    void shouldTakeStationsOnlyFromPossibleSenders() {
        hear(0, FAR, PEER_STATION);
        hear(0, PEER, MacAddress.BROADCAST);
        hear(0, PEER, 0);
        hear(0, PEER, link.ownStation);
        hear(0, IpLink.ipv4("192.0.2.255"), PEER_STATION);
        link.receive(0, link.arp(7, PEER_STATION, PEER, 0, OWN));
        assertEquals(0, link.count("dcn_ip_neighbours", null));
        assertEquals(6, link.dropped(DropReason.ARP_MALFORMED) + link.dropped(DropReason.NOT_OUR_STATION));
        assertEquals(IpHost.UNRESOLVED, link.nextHop(0, PEER));
    }

    @Test
    void shouldNotLearnStrangersTalkingToOthers() {
        link.receive(0, link.arp(REQUEST, PEER_STATION, PEER, 0, GATEWAY));
        assertEquals(0, link.count("dcn_ip_neighbours", null));
    }

    @Test
    void shouldDefendItsAddressAtMostEveryTenSeconds() {
        link.receive(0, link.arp(REQUEST, PEER_STATION, OWN, 0, OWN));
        assertEquals(List.of("request all 192.0.2.10"), arpSent());
        link.receive(9 * SECOND, link.arp(REQUEST, PEER_STATION, OWN, 0, OWN));
        assertEquals(List.of(), arpSent());
        link.receive(10 * SECOND, link.arp(REQUEST, PEER_STATION, OWN, 0, OWN));
        assertEquals(List.of("request all 192.0.2.10"), arpSent());
        assertEquals(3, link.count("dcn_ip_address_conflicts", null));
    }

    @Test
    void shouldAnnounceTwiceAndAskForGateways() {
        link.host.announce(SECOND);
        assertEquals(List.of("request all 192.0.2.10", "request all 192.0.2.1", "request all 192.0.2.2"), arpSent());
        hear(SECOND, GATEWAY, GATEWAY_STATION);
        hear(SECOND, SECOND_GATEWAY, PEER_STATION);
        assertEquals(3 * SECOND, link.host.nextDeadlineNs());
        link.host.onTimers(3 * SECOND);
        assertEquals(List.of("request all 192.0.2.10"), arpSent());
        assertEquals(Long.MAX_VALUE, link.host.nextDeadlineNs());
    }

    @Test
    void shouldHaveNoRouteToNowhere() {
        for (String remote :
                List.of("0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255", "192.0.2.255", "192.0.2.10")) {
            assertEquals(IpHost.UNRESOLVED, link.nextHop(0, IpLink.ipv4(remote)));
        }
        assertEquals(IpHost.UNRESOLVED, link.host.nextHop(0, 0x2001_0db8_0000_0000L, 1));
        assertEquals(7, link.count("dcn_ip_no_route_packets", null));
        assertEquals(List.of(), arpSent());
    }

    @Test
    void shouldStayBoundedAndKeepWhoIsTalkedToUnderAFloodOfHosts() {
        IpConfig config = IpConfig.parse(List.of("10.0.0.10/8"), List.of("10.0.0.1"));
        IpHost host = new IpHost(link.port.facts(), link.queue.control(), config, link.counters);
        int own = IpLink.ipv4("10.0.0.10");
        int peer = IpLink.ipv4("10.0.0.77");
        UnsafeBuffer hello = new UnsafeBuffer(link.arp(REPLY, PEER_STATION, peer, link.ownStation, own));
        host.receive(0, hello, 0, 60, 0, link.datagram);
        assertEquals(PEER_STATION, host.nextHop(0, 0, IpAddress.lowOfIpv4(peer)));
        for (int i = 0; i < 100_000; i++) {
            byte[] frame = link.arp(REPLY, PEER_STATION + i, peer + 1 + i, link.ownStation, own);
            host.receive(1, new UnsafeBuffer(frame), 0, 60, 0, link.datagram);
        }
        assertEquals(PEER_STATION, host.nextHop(2, 0, IpAddress.lowOfIpv4(peer)));
        assertTrue(link.count("dcn_ip_neighbours", null) <= NeighbourCache.SETS * NeighbourCache.WAYS);
    }

    @Test
    void shouldLimitRequestsWhenManyHostsAreUnknown() {
        int sent = 0;
        for (int i = 11; i < 250; i++) {
            link.nextHop(0, (OWN & 0xFFFFFF00) + i);
            sent += arpSent().size();
        }
        assertEquals(64, sent);
    }
}
