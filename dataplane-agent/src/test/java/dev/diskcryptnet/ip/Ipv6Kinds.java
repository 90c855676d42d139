package dev.diskcryptnet.ip;

import static dev.diskcryptnet.ip.Ipv6Link.*;

import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.NeighbourFlyweight;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** IPv6 packets of the kinds that a link carries, most of which are not for us or cannot be, with good checksums. */
final class Ipv6Kinds {
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int TCP = 6;
    private static final int ICMP = 58;
    /** Router solicitation, advertisement, neighbour solicitation, advertisement, redirect: RFC 4861 4. */
    private static final int[] DISCOVERY = {133, 134, 135, 136, 137};
    /** Queries, reports and leaves of groups: RFC 2710, RFC 3810. */
    private static final int[] LISTENERS = {130, 131, 132, 143};

    private Ipv6Kinds() {}

    static byte[][] of(Ipv6Link link) {
        List<byte[]> all = new ArrayList<>();
        addExtensions(all, link.tcp(FAR, OWN, 100));
        for (int other : new int[] {17, 50, 51, 59, 253}) {
            all.add(link.packet(IpLink.PEER_STATION, other, 64, PEER, OWN, new byte[40]));
        }
        for (int error = 1; error <= 4; error++) {
            all.add(link.icmp(error, 64, FAR, OWN, 56));
        }
        for (int type : DISCOVERY) {
            for (IpAddress to : new IpAddress[] {OWN, OWN_GROUP, IpAddress.ALL_NODES}) {
                all.add(link.icmp(type, 255, PEER, to, 48));
            }
            all.add(link.icmp(type, 255, NOBODY, OWN_GROUP, 24));
            all.add(link.icmp(type, 254, PEER, OWN, 32));
            all.add(behind(link.icmp(type, 255, PEER, OWN, 32), ICMP, FRAGMENT, "0000000000000001"));
        }
        for (int type : LISTENERS) {
            for (int bytes : new int[] {24, 28}) {
                byte[] message = link.icmp(type, 1, SECOND_GATEWAY, IpAddress.ALL_NODES, bytes);
                all.add(behind(message, ICMP, HOP_BY_HOP, "0000050200000100"));
            }
        }
        addNeighbours(all, link);
        return all.toArray(byte[][]::new);
    }

    private static void addExtensions(List<byte[]> all, byte[] frame) {
        all.add(behind(frame, TCP, HOP_BY_HOP, "0000010400000000"));
        all.add(behind(frame, TCP, DESTINATION_OPTIONS, "0001" + "00".repeat(14)));
        all.add(behind(frame, TCP, DESTINATION_OPTIONS, "0000c20400000000"));
        all.add(behind(frame, TCP, DESTINATION_OPTIONS, "0000010900000000"));
        all.add(behind(frame, TCP, DESTINATION_OPTIONS, "00ff010400000000"));
        all.add(behind(frame, TCP, ROUTING, "0000000000000000"));
        all.add(behind(frame, TCP, ROUTING, "0002000100000000" + "2001".repeat(8)));
        all.add(behind(frame, TCP, FRAGMENT, "0000000000000001"));
        all.add(behind(frame, TCP, FRAGMENT, "0000000100000001"));
        all.add(behind(frame, TCP, FRAGMENT, "0000032800000001"));
        byte[] inner = behind(frame, TCP, ROUTING, "0000000000000000");
        all.add(behind(behind(inner, ROUTING, FRAGMENT, "0000000000000001"), FRAGMENT, HOP_BY_HOP, "0000010400000000"));
        all.add(behind(inner, ROUTING, ROUTING, "00".repeat(8)));
    }

    /** Whose targets and stations are right, other than those made of a pattern. */
    private static void addNeighbours(List<byte[]> all, Ipv6Link link) {
        for (IpAddress target : new IpAddress[] {OWN, PEER, GATEWAY, SECOND_GATEWAY, link.ownLinkLocal()}) {
            all.add(link.neighbour(SOLICITATION, 0, IpLink.PEER_STATION, PEER, OWN, target, IpLink.PEER_STATION));
            all.add(link.neighbour(
                    SOLICITATION, 0, IpLink.PEER_STATION, NOBODY, OWN_GROUP, target, NeighbourFlyweight.NO_STATION));
            all.add(link.neighbour(
                    ADVERTISEMENT, SOLICITED | OVERRIDE, IpLink.PEER_STATION, PEER, OWN, target, IpLink.PEER_STATION));
        }
    }

    private static byte[] behind(byte[] frame, int next, int header, String bytes) {
        byte[] extension = HexFormat.of().parseHex(bytes);
        extension[0] = (byte) next;
        return Ipv6Link.extended(frame, header, extension);
    }
}
