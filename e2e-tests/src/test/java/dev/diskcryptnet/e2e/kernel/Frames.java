package dev.diskcryptnet.e2e.kernel;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Makes Ethernet frames for {@link PacketSocket}. Addresses of IPv4 are ints, most significant byte first. */
final class Frames {
    static final int ETHERNET_BYTES = 14;
    static final int IPV4_BYTES = 20;
    static final int IPV6_BYTES = 40;
    static final int TCP = 6;
    static final int SYN = 2;
    static final int RST = 4;
    static final int ACK = 16;

    private final byte[] destination;
    private final byte[] source;

    /** @param destination and {@code source}: MAC addresses like 02:00:00:00:00:01 */
    Frames(String destination, String source) {
        this.destination = HexFormat.ofDelimiter(":").parseHex(destination);
        this.source = HexFormat.ofDelimiter(":").parseHex(source);
    }

    static int address(String dotted) {
        int address = 0;
        for (String part : dotted.split("\\.")) {
            address = address << 8 | Integer.parseInt(part);
        }
        return address;
    }

    /** A frame with any payload. */
    byte[] ethernet(int etherType, byte[] payload) {
        return ByteBuffer.allocate(ETHERNET_BYTES + payload.length)
                .put(destination)
                .put(source)
                .putShort((short) etherType)
                .put(payload)
                .array();
    }

    /** A frame with an IPv4 packet without options (RFC 791 3.1). */
    byte[] ipv4(int from, int to, int protocol, byte[] payload) {
        ByteBuffer packet = ByteBuffer.allocate(IPV4_BYTES + payload.length)
                .put((byte) 0x45)
                .put((byte) 0)
                .putShort((short) (IPV4_BYTES + payload.length))
                .putShort((short) 1)
                .putShort((short) 0x4000)
                .put((byte) 64)
                .put((byte) protocol)
                .putShort((short) 0)
                .putInt(from)
                .putInt(to)
                .put(payload);
        byte[] frame = ethernet(0x0800, packet.array());
        correctChecksums(frame, frame.length);
        return frame;
    }

    /** A frame with a TCP segment in an IPv6 packet without extension headers (RFC 8200 3), its checksum right. */
    byte[] ipv6(byte[] from, byte[] to, byte[] segment) {
        byte[] packet = ByteBuffer.allocate(IPV6_BYTES + segment.length)
                .putInt(0x60000000)
                .putShort((short) segment.length)
                .put((byte) TCP)
                .put((byte) 64)
                .put(from)
                .put(to)
                .put(segment)
                .array();
        // The pseudo header, RFC 8200 8.1: both addresses, length and protocol.
        int sum = sum(packet, 8, 32, TCP + segment.length);
        write(packet, IPV6_BYTES + 16, ~sum(packet, IPV6_BYTES, segment.length, sum));
        return ethernet(0x86DD, packet);
    }

    /** A TCP header and payload; {@code options} are a multiple of four bytes (RFC 9293 3.1). */
    static byte[] tcp(
            int fromPort, int toPort, int sequence, int acknowledgement, int flags, byte[] options, byte[] payload) {
        return ByteBuffer.allocate(20 + options.length + payload.length)
                .putShort((short) fromPort)
                .putShort((short) toPort)
                .putInt(sequence)
                .putInt(acknowledgement)
                .put((byte) (20 + options.length << 2))
                .put((byte) flags)
                .putShort((short) 64_000)
                .putInt(0)
                .put(options)
                .put(payload)
                .array();
    }

    /** Writes right checksums into what looks like IP with TCP or ICMP, so that a receiver reads on. */
    static void correctChecksums(byte[] frame, int length) {
        if (Ipv6Frames.isIpv6(frame, length)) {
            Ipv6Frames.correctChecksum(frame, length);
            return;
        }
        int headerBytes = length > ETHERNET_BYTES ? (frame[ETHERNET_BYTES] & 15) * 4 : 0;
        int transport = ETHERNET_BYTES + headerBytes;
        if (frame[12] != 8 || frame[13] != 0 || headerBytes < IPV4_BYTES || transport > length) {
            return;
        }
        write(frame, ETHERNET_BYTES + 10, 0);
        write(frame, ETHERNET_BYTES + 10, ~sum(frame, ETHERNET_BYTES, headerBytes, 0));
        int total = (frame[16] & 255) << 8 | frame[17] & 255;
        int transportBytes = Math.min(total, length - ETHERNET_BYTES) - headerBytes;
        int protocol = frame[23];
        int field = protocol == TCP ? 16 : protocol == 1 ? 2 : -1;
        if (field < 0 || transportBytes < field + 2) {
            return;
        }
        write(frame, transport + field, 0);
        int pseudo = protocol == TCP ? sum(frame, ETHERNET_BYTES + 12, 8, TCP + transportBytes) : 0;
        write(frame, transport + field, ~sum(frame, transport, transportBytes, pseudo));
    }

    static void write(byte[] frame, int at, int value) {
        frame[at] = (byte) (value >> 8);
        frame[at + 1] = (byte) value;
    }

    /** The ones' complement sum of RFC 1071. */
    static int sum(byte[] bytes, int from, int length, int start) {
        long sum = start;
        for (int i = 0; i < length; i++) {
            sum += (long) (bytes[from + i] & 255) << ((i & 1) == 0 ? 8 : 0);
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        return (int) sum;
    }
}
