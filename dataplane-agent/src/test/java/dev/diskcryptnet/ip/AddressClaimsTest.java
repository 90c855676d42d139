package dev.diskcryptnet.ip;

import static dev.diskcryptnet.ip.IpLink.PEER_STATION;
import static dev.diskcryptnet.ip.Ipv6Link.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.NeighbourFlyweight;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Duplicate address detection (RFC 4862 5.4). */
class AddressClaimsTest {
    private static final IpAddress ALL = IpAddress.ALL_NODES;
    private static final long UNNAMED = NeighbourFlyweight.NO_STATION;

    private final Ipv6Link link = new Ipv6Link();

    private byte[] probe() {
        return link.neighbour(SOLICITATION, 0, PEER_STATION, NOBODY, OWN_GROUP, OWN, UNNAMED);
    }

    private byte[] claim() {
        return link.neighbour(ADVERTISEMENT, OVERRIDE, PEER_STATION, OWN, ALL, OWN, PEER_STATION);
    }

    @Test
    void shouldAskBeforeUseThenAnnounceTwiceAndAskForGateways() {
        String local = link.ownLinkLocal().toString();
        String localTail = local.substring(local.lastIndexOf(':') + 1);
        link.link.host.announce(0);
        List<String> asked = link.sent();
        assertEquals("ask 33:33:ff:00:00:10 :: > ff02::1:ff00:10 2001:db8::10 unnamed", asked.get(0));
        assertEquals(2, asked.size());
        assertTrue(asked.get(1).endsWith(local + " unnamed") && asked.get(1).contains(localTail), asked.get(1));
        assertFalse(link.link.receive(1, link.tcp(FAR, OWN, 10)), "not ours yet");
        assertEquals(1, link.link.dropped(DropReason.NOT_OUR_ADDRESS));
        link.link.receive(1, link.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN_GROUP, OWN, PEER_STATION));
        link.link.host.onTimers(SECOND - 1);
        assertEquals(List.of(), link.sent());

        assertEquals(SECOND, link.link.host.nextDeadlineNs());
        assertEquals(2, link.link.count("dcn_ip_tentative_addresses", null));
        link.link.host.onTimers(SECOND);
        assertEquals(0, link.link.count("dcn_ip_tentative_addresses", null));
        assertEquals(
                List.of(
                        "tell 33:33:00:00:00:01 2001:db8::10 > ff02::1 2001:db8::10 O",
                        "tell 33:33:00:00:00:01 " + local + " > ff02::1 " + local + " O",
                        "ask 33:33:ff:00:00:01 2001:db8::10 > ff02::1:ff00:1 2001:db8::1",
                        "ask 33:33:ff:00:00:02 " + local + " > ff02::1:ff00:2 fe80::2"),
                link.sent());
        assertTrue(link.link.receive(SECOND, link.tcp(FAR, OWN, 10)));
        link.hear(SECOND, GATEWAY, PEER_STATION);
        link.hear(SECOND, SECOND_GATEWAY, PEER_STATION);
        link.link.host.onTimers(2 * SECOND);
        assertEquals(2, link.sent().size());
        link.link.host.onTimers(100 * SECOND);
        assertEquals(List.of(), link.sent());
    }

    @Test
    void shouldNotUseAnAddressThatSomebodyHas() {
        link.link.host.announce(0);
        link.link.receive(SECOND / 2, claim());
        link.link.host.onTimers(SECOND);
        shouldUseTheLinkLocalAddressOnly();
    }

    @Test
    void shouldNotUseAnAddressThatSomebodyIsAboutToTakeToo() {
        link.link.host.announce(0);
        link.link.receive(SECOND / 2, probe());
        link.link.host.onTimers(SECOND);
        shouldUseTheLinkLocalAddressOnly();
    }

    private void shouldUseTheLinkLocalAddressOnly() {
        assertEquals(1, link.link.count("dcn_ip_duplicate_addresses", null));
        assertFalse(link.link.receive(2 * SECOND, link.tcp(FAR, OWN, 10)));
        link.link.sent();
        link.link.receive(2 * SECOND, link.neighbour(SOLICITATION, 0, PEER_STATION, PEER, OWN_GROUP, OWN, UNNAMED));
        link.link.receive(2 * SECOND, claim());
        assertEquals(List.of(), link.sent());
        assertEquals(1, link.link.count("dcn_ip_duplicate_addresses", null), "counted once");
        assertTrue(link.link.receive(2 * SECOND, link.tcp(FAR, link.ownLinkLocal(), 10)));
    }

    @Test
    void shouldComeToTheSameResultInAWorkerThatDoesNotAsk() {
        Ipv6Link second = new Ipv6Link(false);
        second.link.host.announce(0);
        assertEquals(List.of(), second.sent());
        second.link.receive(1, claim());
        second.link.host.onTimers(SECOND);
        assertEquals(1, second.link.count("dcn_ip_duplicate_addresses", null));
    }

    @Test
    void shouldDefendAnAddressInUseAgainstAProbeAndCountOneWhoTakesItAnyway() {
        link.ready();
        link.link.receive(3 * SECOND, probe());
        assertEquals(List.of("tell 33:33:00:00:00:01 2001:db8::10 > ff02::1 2001:db8::10 O"), link.sent());
        link.link.receive(3 * SECOND, claim());
        assertEquals(1, link.link.count("dcn_ip_address_conflicts", null));
        assertTrue(link.link.receive(3 * SECOND, link.tcp(FAR, OWN, 10)), "it stays in use");
        assertEquals(0, link.link.count("dcn_ip_duplicate_addresses", null));
    }

    @Test
    void shouldHaveNoLinkLocalAddressOfItsOwnBesideAConfiguredOne() {
        assertEquals(
                List.of("fe80::5/64", "2001:db8::10/64"),
                IpConfig.parse(List.of("fe80::5/64", "2001:db8::10/64"), List.of()).ipv6Prefixes(1).stream()
                        .map(IpPrefix::toString)
                        .toList());
        assertEquals(
                List.of("2001:db8::10/64", "fe80::10ff:fe00:1/64"),
                IpConfig.parse(List.of("192.0.2.1/24", "2001:db8::10/64"), List.of())
                        .ipv6Prefixes(0x0200_1000_0001L)
                        .stream()
                        .map(IpPrefix::toString)
                        .toList());
        assertEquals(
                List.of(), IpConfig.parse(List.of("192.0.2.1/24"), List.of()).ipv6Prefixes(1));
    }
}
