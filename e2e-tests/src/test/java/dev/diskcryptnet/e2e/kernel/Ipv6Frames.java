package dev.diskcryptnet.e2e.kernel;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Makes frames with IPv6 packets of every kind that a link may carry, most of which nobody asked for (RFC 8200, RFC 4861). */
final class Ipv6Frames {
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int AUTHENTICATION = 51;
    private static final int ICMP = 58;
    private static final int DESTINATION_OPTIONS = 60;
    /** No next header, UDP, ESP, and a number that is nobody's. */
    private static final int[] OTHER_PROTOCOLS = {59, 17, 50, 253};

    private static final int SOLICITATION = 135;
    private static final int ADVERTISEMENT = 136;
    private static final int LINK_HOP_LIMIT = 255;
    private static final int PAYLOAD = Frames.ETHERNET_BYTES + Frames.IPV6_BYTES;
    private static final int NEXT_HEADER = Frames.ETHERNET_BYTES + 6;
    private static final int SOURCE = Frames.ETHERNET_BYTES + 8;
    private static final int UNIT = 8;

    /** Extension headers that a TCP segment lies behind; the first byte, which names what follows, is put in later. */
    private record Extension(int header, String bytes) {}

    private static final List<List<Extension>> CHAINS = List.of(
            List.of(new Extension(HOP_BY_HOP, "0000010400000000")),
            List.of(new Extension(DESTINATION_OPTIONS, "0001" + "00".repeat(14))), // more options than need be skipped
            List.of(new Extension(DESTINATION_OPTIONS, "0000c20400000000")), // one that is to be refused
            List.of(new Extension(DESTINATION_OPTIONS, "0000010900000000")), // longer than its header
            List.of(new Extension(DESTINATION_OPTIONS, "00ff010400000000")), // a header longer than the packet
            List.of(new Extension(ROUTING, "0000000000000000")),
            List.of(new Extension(ROUTING, "0002000100000000" + "fd00".repeat(8))), // has still to go somewhere
            List.of(new Extension(FRAGMENT, "0000000000000001")), // by name only
            List.of(new Extension(FRAGMENT, "0000000100000001")), // the first
            List.of(new Extension(FRAGMENT, "0000032800000001")), // the last
            List.of(new Extension(AUTHENTICATION, "0001000000000001")),
            List.of(
                    new Extension(HOP_BY_HOP, "0000010400000000"),
                    new Extension(DESTINATION_OPTIONS, "0000010400000000"),
                    new Extension(ROUTING, "0000000000000000"),
                    new Extension(FRAGMENT, "0000000000000001")),
            List.of(
                    new Extension(DESTINATION_OPTIONS, "0000010400000000"), // the other's place is in front
                    new Extension(HOP_BY_HOP, "0000010400000000")));

    private final String serverStation;
    private final String clientStation;
    private final byte[] server;
    private final byte[] stranger;
    private final byte[] everybody = bytes("ff02::1");
    private final byte[] serverGroup = bytes("ff02::1:ff00:0");

    /**
     * @param server the agent's address
     * @param stranger a neighbour's that is not there
     */
    Ipv6Frames(String serverStation, String clientStation, String server, String stranger) {
        this.serverStation = serverStation;
        this.clientStation = clientStation;
        this.server = bytes(server);
        this.stranger = bytes(stranger);
        System.arraycopy(this.server, 13, serverGroup, 13, 3);
    }

    static byte[] bytes(String address) {
        try {
            return InetAddress.getByName(address).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("address=" + address, e);
        }
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private static byte[] joined(byte[]... parts) {
        var whole = ByteBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        Arrays.stream(parts).forEach(whole::put);
        return whole.array();
    }

    /** One of each kind, with right checksums. */
    List<byte[]> ofEachKind(List<byte[]> segments) {
        List<byte[]> all = new ArrayList<>();
        for (byte[] segment : segments) {
            all.add(packet(Frames.TCP, 64, stranger, server, segment));
        }
        for (List<Extension> chain : CHAINS) {
            all.add(behind(chain, Frames.TCP, 64, server, segments.getFirst()));
        }
        for (int protocol : OTHER_PROTOCOLS) {
            all.add(packet(protocol, 64, stranger, server, new byte[40]));
        }
        addMessages(all);
        addNeighbours(all);
        addListeners(all);
        return all;
    }

    /** RFC 4443: echo, and errors that quote a packet of the agent's. */
    private void addMessages(List<byte[]> all) {
        byte[] echo = hex("8000000000010001" + "41".repeat(56));
        all.add(packet(ICMP, 64, stranger, server, echo));
        all.add(packet(ICMP, 64, stranger, everybody, echo));
        byte[] quoted = joined(hex("6000000000140640"), server, stranger, hex("00504e20".repeat(5)));
        for (String error : new String[] {"01040000", "02000000", "03000000", "04010000", "81000000"}) {
            all.add(packet(ICMP, 64, stranger, server, joined(hex(error), hex("00000500"), quoted)));
        }
    }

    /** RFC 4861 4, all five; as they are, from beyond the link, in a fragment, and with options that cannot be. */
    private void addNeighbours(List<byte[]> all) {
        byte[] nobody = new byte[16];
        byte[] source = hex("010102000000004d");
        byte[] target = hex("020102000000004d");
        byte[] prefix = joined(hex("030440c0ffffffffffffffff00000000"), bytes("2001:db8:bad::"));
        byte[] redirected = joined(hex("0403000000000000"), new byte[16]);
        byte[] router = joined(hex("8600000040000708" + "0000000000000000"), source, hex("0501000000000500"), prefix);
        byte[] redirect = joined(hex("8900000000000000"), stranger, bytes("2001:db8::99"), target, redirected);
        List<byte[]> messages = List.of(
                joined(hex("8500000000000000"), source),
                router,
                joined(hex("8700000000000000"), server, source),
                joined(hex("8700000000000000"), server, hex("0e01010203040506"), source),
                joined(hex("8700000000000000"), server, hex("0100000000000000")), // an option without a length
                joined(
                        hex("8700000000000000"),
                        server,
                        hex("01ff00000000004d")), // and one that ends beyond the message
                joined(hex("8700000000000000"), everybody, source),
                joined(hex("8800000060000000"), stranger, target),
                joined(hex("8800000020000000"), stranger, target),
                joined(hex("8800000020000000"), server, target),
                redirect);
        for (byte[] message : messages) {
            for (byte[] to : new byte[][] {server, serverGroup, everybody}) {
                all.add(packet(ICMP, LINK_HOP_LIMIT, stranger, to, message));
            }
            all.add(packet(ICMP, LINK_HOP_LIMIT, nobody, serverGroup, message));
            all.add(packet(ICMP, LINK_HOP_LIMIT - 1, stranger, server, message));
            List<Extension> fragment = List.of(new Extension(FRAGMENT, "0000000000000001"));
            all.add(behind(fragment, ICMP, LINK_HOP_LIMIT, server, message));
        }
    }

    /** RFC 2710, RFC 3810: queries and reports of groups, which carry a router alert. */
    private void addListeners(List<byte[]> all) {
        List<Extension> alert = List.of(new Extension(HOP_BY_HOP, "0000050200000100"));
        byte[] group = bytes("ff02::1:ff00:4d");
        for (int type : new int[] {130, 131, 132}) {
            byte[] message = joined(new byte[] {(byte) type, 0, 0, 0, 0x27, 0x10, 0, 0}, group);
            all.add(behind(alert, ICMP, 1, everybody, message));
        }
        all.add(behind(alert, ICMP, 1, everybody, joined(hex("8200000027100000"), group, hex("027d0001"), stranger)));
        all.add(behind(alert, ICMP, 1, everybody, joined(hex("8f00000000000001" + "04000000"), group)));
    }

    private byte[] behind(List<Extension> chain, int protocol, int hopLimit, byte[] to, byte[] payload) {
        byte[] all = payload;
        int next = protocol;
        for (Extension extension : chain.reversed()) {
            byte[] header = hex(extension.bytes);
            header[0] = (byte) next;
            all = joined(header, all);
            next = extension.header;
        }
        return packet(next, hopLimit, stranger, to, all);
    }

    private byte[] packet(int nextHeader, int hopLimit, byte[] from, byte[] to, byte[] payload) {
        byte[] packet = ByteBuffer.allocate(Frames.IPV6_BYTES + payload.length)
                .putInt(0x60000000)
                .putShort((short) payload.length)
                .put((byte) nextHeader)
                .put((byte) hopLimit)
                .put(from)
                .put(to)
                .put(payload)
                .array();
        // RFC 2464 7: the group's station ends as the group does.
        String station = to[0] != -1
                ? serverStation
                : "33:33:" + HexFormat.ofDelimiter(":").formatHex(to, 12, 16);
        byte[] frame = new Frames(station, clientStation).ethernet(0x86DD, packet);
        correctChecksum(frame, frame.length);
        return frame;
    }

    static boolean isIpv6(byte[] frame, int length) {
        return length >= PAYLOAD && frame[12] == (byte) 0x86 && frame[13] == (byte) 0xDD;
    }

    private static int number(byte[] frame, int at) {
        return (frame[at] & 255) << 8 | frame[at + 1] & 255;
    }

    /** Where the packet's payload ends, as far as it is there. */
    private static int end(byte[] frame, int length) {
        return Math.min(length, PAYLOAD + number(frame, Frames.ETHERNET_BYTES + 4));
    }

    /** Writes a right checksum into TCP or ICMPv6, behind whatever extension headers. */
    static void correctChecksum(byte[] frame, int length) {
        int end = end(frame, length);
        int next = frame[NEXT_HEADER] & 255;
        int at = PAYLOAD;
        while (isExtension(next) && at + UNIT <= end) {
            int bytes = next == FRAGMENT ? UNIT : ((frame[at + 1] & 255) + 1) * UNIT;
            next = frame[at] & 255;
            at += bytes;
        }
        int field = next == Frames.TCP ? 16 : next == ICMP ? 2 : -1;
        if (field < 0 || at + field + 2 > end) {
            return;
        }
        Frames.write(frame, at + field, 0);
        int pseudoHeader = Frames.sum(frame, SOURCE, 32, next + end - at);
        Frames.write(frame, at + field, ~Frames.sum(frame, at, end - at, pseudoHeader));
    }

    private static boolean isExtension(int header) {
        return header == HOP_BY_HOP || header == ROUTING || header == FRAGMENT || header == DESTINATION_OPTIONS;
    }

    /** Whether a solicitation or an advertisement may be taken for one of {@code address}'s. */
    static boolean speaksFor(byte[] frame, byte[] address) {
        int type = frame.length > PAYLOAD ? frame[PAYLOAD] & 255 : 0;
        if (frame[NEXT_HEADER] != ICMP || type != SOLICITATION && type != ADVERTISEMENT) {
            return false;
        }
        int target = PAYLOAD + 8;
        return Arrays.equals(frame, SOURCE, SOURCE + 16, address, 0, 16)
                || frame.length >= target + 16 && Arrays.equals(frame, target, target + 16, address, 0, 16);
    }
}
