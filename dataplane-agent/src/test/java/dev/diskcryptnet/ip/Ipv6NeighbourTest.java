package dev.diskcryptnet.ip;

import static dev.diskcryptnet.ip.IpLink.GATEWAY_STATION;
import static dev.diskcryptnet.ip.IpLink.PEER_STATION;
import static dev.diskcryptnet.ip.Ipv6Link.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.MacAddress;
import dev.diskcryptnet.wire.NeighbourFlyweight;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class Ipv6NeighbourTest {
    private static final long MS = 1_000_000L;
    private static final long UNNAMED = NeighbourFlyweight.NO_STATION;
    private static final String ASK_GATEWAY = "ask 33:33:ff:00:00:01 2001:db8::10 > ff02::1:ff00:1 2001:db8::1";
    private static final String ASK_PEER = "ask 33:33:ff:00:00:77 2001:db8::10 > ff02::1:ff00:77 2001:db8::77";
    private static final IpAddress ALL = IpAddress.ALL_NODES;

    private final Ipv6Link link = new Ipv6Link().ready();

    @Test
    void shouldAnswerSolicitationsForOurAddressesOnly() {
        link.link.receive(0, link.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN_GROUP, OWN, PEER_STATION));
        assertEquals(List.of("tell 02:00:00:00:00:77 2001:db8::10 > 2001:db8::77 2001:db8::10 S O"), link.sent());
        // To the one address, and without a name, as when a known station is asked whether it still is there.
        link.link.receive(0, link.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN, OWN, UNNAMED));
        assertEquals(List.of("tell 02:00:00:00:00:77 2001:db8::10 > 2001:db8::77 2001:db8::10 S O"), link.sent());
        IpAddress other = IpAddress.parse("2001:db8::1:0:10");
        link.link.receive(0, link.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN_GROUP, other, PEER_STATION));
        assertEquals(List.of(), link.sent());
    }

    @Test
    void shouldLearnButNotAnswerWhenAnotherWorkerDoes() {
        Ipv6Link second = new Ipv6Link(false);
        second.link.host.announce(0);
        second.link.host.onTimers(SECOND);
        second.link.host.onTimers(2 * SECOND);
        assertEquals(List.of(ASK_GATEWAY), second.sent().subList(0, 1), "gateways only, of those on the same link");
        second.link.receive(0, second.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN_GROUP, OWN, PEER_STATION));
        assertEquals(List.of(), second.sent());
        assertEquals(PEER_STATION, second.nextHop(0, PEER));
    }

    @Test
    void shouldAskForAnUnknownHostWithBackoffAndThenPause() {
        List<Long> askedMs = new ArrayList<>();
        for (long ms = 10_000; ms < 27_000; ms += 10) {
            assertEquals(IpHost.UNRESOLVED, link.nextHop(ms * MS, PEER));
            link.link.host.onTimers(ms * MS);
            for (String message : link.sent()) {
                if (message.endsWith("2001:db8::77")) {
                    assertEquals(ASK_PEER, message);
                    askedMs.add(ms - 10_000);
                }
            }
        }
        assertEquals(List.of(0L, 250L, 750L, 1_750L, 3_750L, 15_750L, 16_000L, 16_500L), askedMs);
    }

    @Test
    void shouldReachEveryLinkLocalAddressFromOurs() {
        IpAddress peer = IpAddress.parse("fe80::abcd");
        assertEquals(IpHost.UNRESOLVED, link.nextHop(9 * SECOND, peer));
        assertEquals(
                List.of("ask 33:33:ff:00:ab:cd " + link.ownLinkLocal() + " > ff02::1:ff00:abcd fe80::abcd"),
                link.sent());
        link.link.receive(
                0,
                link.neighbour(
                        ADVERTISEMENT,
                        SOLICITED | OVERRIDE,
                        PEER_STATION,
                        peer,
                        link.ownLinkLocal(),
                        peer,
                        PEER_STATION));
        assertEquals(PEER_STATION, link.nextHop(9 * SECOND, peer));
    }

    @Test
    void shouldSendOffLinkThroughTheFirstReachableGateway() {
        assertEquals(IpHost.UNRESOLVED, link.nextHop(9 * SECOND, FAR));
        link.hear(9 * SECOND, SECOND_GATEWAY, PEER_STATION);
        assertEquals(PEER_STATION, link.nextHop(9 * SECOND, FAR));
        link.hear(9 * SECOND, GATEWAY, GATEWAY_STATION);
        assertEquals(GATEWAY_STATION, link.nextHop(9 * SECOND, IpAddress.parse("2001:db8:9::a")));
        assertEquals(GATEWAY_STATION, link.nextHop(9 * SECOND, FAR), "back to the first when it answers");
    }

    @Test
    void shouldFollowAGatewayThatSaysThatItsStationChanged() {
        long moved = 0x02_00_00_00_00_99L;
        link.hear(3 * SECOND, GATEWAY, GATEWAY_STATION);
        assertEquals(GATEWAY_STATION, link.nextHop(3 * SECOND, FAR));
        link.link.receive(4 * SECOND, link.neighbour(ADVERTISEMENT, OVERRIDE, moved, GATEWAY, ALL, GATEWAY, moved));
        assertEquals(moved, link.nextHop(4 * SECOND, FAR));
        assertEquals(
                List.of("ask 02:00:00:00:00:99 2001:db8::10 > 2001:db8::1 2001:db8::1"),
                link.sent().stream().filter(message -> message.contains(":99 ")).toList(),
                "which it said without being asked, so it is asked whether it hears us");
        link.hear(4 * SECOND, GATEWAY, moved);
        assertEquals(moved, link.nextHop(5 * SECOND, FAR));
        assertEquals(List.of(), link.sent());
    }

    @Test
    void shouldFindAGatewayThatMovedWithoutAWord() {
        link.hear(0, GATEWAY, GATEWAY_STATION);
        List<String> asked = new ArrayList<>();
        for (long ms = 29_000; ms < 31_500; ms += 50) {
            assertEquals(GATEWAY_STATION, link.nextHop(ms * MS, FAR), "served while asked for");
            link.link.host.onTimers(ms * MS);
            asked.addAll(link.sent());
        }
        String unicast = "ask 02:00:00:00:00:01 2001:db8::10 > 2001:db8::1 2001:db8::1";
        assertEquals(
                List.of(unicast, unicast, ASK_GATEWAY),
                asked.stream()
                        .filter(message -> message.endsWith("2001:db8::1"))
                        .toList());
        link.hear(31_500 * MS, GATEWAY, 0x02_00_00_00_00_99L);
        assertEquals(0x02_00_00_00_00_99L, link.nextHop(31_501 * MS, FAR));
    }

    @Test
    void shouldAskForAGatewayAtOnceWhenNothingSentThroughItIsAnswered() {
        link.hear(3 * SECOND, GATEWAY, GATEWAY_STATION);
        link.link.host.suspect(4 * SECOND, FAR.high(), FAR.low());
        assertEquals(GATEWAY_STATION, link.nextHop(4 * SECOND, FAR));
        assertEquals(List.of(), link.sent(), "it was heard just now");
        link.link.host.suspect(6 * SECOND, FAR.high(), FAR.low());
        List<String> asked = new ArrayList<>();
        for (long ms = 6_000; ms < 7_000; ms += 50) {
            assertEquals(GATEWAY_STATION, link.nextHop(ms * MS, FAR));
            link.link.host.onTimers(ms * MS);
            asked.addAll(link.sent());
        }
        assertTrue(asked.contains(ASK_GATEWAY), asked::toString);
        long moved = 0x02_00_00_00_00_99L;
        link.hear(7 * SECOND, GATEWAY, moved);
        assertEquals(moved, link.nextHop(7 * SECOND, FAR));
    }

    @Test
    void shouldNotBelieveAnotherStationThatDoesNotSayItTakesOver() {
        link.hear(3 * SECOND, GATEWAY, GATEWAY_STATION);
        link.link.receive(
                4 * SECOND,
                link.neighbour(ADVERTISEMENT, SOLICITED, PEER_STATION, GATEWAY, OWN, GATEWAY, PEER_STATION));
        assertEquals(GATEWAY_STATION, link.nextHop(4 * SECOND, FAR));
        assertEquals(
                1,
                link.sent().stream()
                        .filter(message -> message.contains("02:00:00:00:00:01 "))
                        .count(),
                "but asks the one it knows (RFC 4861 7.2.5)");
    }

    @Test
    void shouldIgnoreAdvertisementsOfStrangersAndImpossibleMessages() {
        link.hear(3 * SECOND, PEER, PEER_STATION);
        assertEquals(0, link.link.count("dcn_ip_neighbours", null), "nobody asked");
        byte[] good = link.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN_GROUP, OWN, PEER_STATION);
        byte[] routed = good.clone();
        routed[21] = 64;
        link.link.receive(0, routed);
        assertEquals(1, link.link.dropped(DropReason.HOP_LIMIT));
        link.link.receive(0, link.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN_GROUP, ALL, PEER_STATION));
        link.link.receive(0, link.neighbour(SOLICITATION, 0, PEER_STATION, NOBODY, OWN_GROUP, OWN, PEER_STATION));
        link.link.receive(0, link.neighbour(SOLICITATION, 0, PEER_STATION, NOBODY, ALL, OWN, UNNAMED));
        link.link.receive(0, link.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN, OWN, MacAddress.BROADCAST));
        link.link.receive(0, link.neighbour(SOLICITATION, 0, MacAddress.BROADCAST, PEER, OWN, OWN, PEER_STATION));
        link.link.receive(0, link.neighbour(SOLICITATION, 0, link.link.ownStation, PEER, OWN, OWN, UNNAMED));
        link.link.receive(0, link.neighbour(ADVERTISEMENT, SOLICITED, PEER_STATION, PEER, ALL, PEER, PEER_STATION));
        link.link.receive(0, Ipv6Link.extended(good, 44, new byte[] {58, 0, 0, 0, 0, 0, 0, 1}));
        assertEquals(8, link.link.dropped(DropReason.ND_MALFORMED));
        assertEquals(List.of(), link.sent());
    }

    @Test
    void shouldDropOptionsThatCannotBe() {
        byte[] good = link.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN_GROUP, OWN, PEER_STATION);
        for (int units : List.of(0, 2, 255)) {
            byte[] message = java.util.Arrays.copyOfRange(good, 54, 86);
            message[25] = (byte) units;
            var buffer = new org.agrona.concurrent.UnsafeBuffer(message);
            dev.diskcryptnet.wire.IcmpFlyweight.completeIcmpv6Checksum(
                    buffer, 0, 32, PEER.high(), PEER.low(), OWN_GROUP.high(), OWN_GROUP.low());
            link.link.receive(0, link.packet(PEER_STATION, 58, 255, PEER, OWN_GROUP, message));
        }
        assertEquals(3, link.link.dropped(DropReason.ND_MALFORMED));
    }

    @Test
    void shouldKeepTalkingToAPeerThroughAFloodOfOthersAndOfHostsThatDoNotExist() {
        link.nextHop(3 * SECOND, PEER);
        link.hear(3 * SECOND, PEER, PEER_STATION);
        assertEquals(PEER_STATION, link.nextHop(3 * SECOND, PEER));
        for (int i = 0; i < 100_000; i++) {
            IpAddress host = new IpAddress(PEER.high(), 0x1000 + i);
            if (i % 2 == 0) {
                link.nextHop(4 * SECOND, host);
            } else {
                link.link.receive(
                        4 * SECOND,
                        link.neighbour(SOLICITATION, 0, PEER_STATION + i, host, OWN, OWN, PEER_STATION + i));
            }
            link.link.sent();
        }
        assertEquals(PEER_STATION, link.nextHop(5 * SECOND, PEER));
        assertTrue(link.link.count("dcn_ip_neighbours", null) <= NeighbourCache.SETS * NeighbourCache.WAYS);
    }

    @Test
    void shouldHaveNoRouteToNowhere() {
        for (String remote : List.of("::", "::1", "ff02::1", "ff0e::1", "2001:db8::10")) {
            assertEquals(IpHost.UNRESOLVED, link.nextHop(0, IpAddress.parse(remote)), remote);
        }
        assertEquals(5, link.link.count("dcn_ip_no_route_packets", null));
        assertNotEquals(link.ownLinkLocal(), OWN);
    }
}
