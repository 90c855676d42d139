package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/**
 * A program that sends frames that were right once and then were cut, stretched and overwritten; half of them with their
 * checksums put right again, so that they get as far as they can.
 *
 * <p>Arguments: interface, MAC address of the server, of the client, frames, seed.
 */
public final class FrameFuzz {
    private static final int MAX_FRAME_BYTES = 1514;
    private static final int[] TELLING = {0, 1, 4, 5, 0x0F, 0x10, 0x45, 0x4F, 0x7F, 0x80, 0xF0, 0xFE, 0xFF};
    private static final int STRANGER_NUMBER = 77;
    private static final int STRANGER = Frames.address("198.18.4." + STRANGER_NUMBER);

    private final Random random;
    private final int client = Frames.address(Family.IPV4.client);
    private final byte[] ipv6Client = Ipv6Frames.bytes(Family.IPV6.client);
    /** With ARP and VLAN tags. */
    private final List<byte[]> ipv4;

    private final List<byte[]> ipv6;

    private FrameFuzz(String[] arguments) {
        this.random = new Random(Long.parseLong(arguments[4]));
        this.ipv4 = ipv4(new Frames(arguments[1], arguments[2]));
        String stranger = Family.IPV6.neighbour(STRANGER_NUMBER);
        this.ipv6 = new Ipv6Frames(arguments[1], arguments[2], Family.IPV6.server, stranger).ofEachKind(segments());
    }

    /** Prints how many it sent and in what time. */
    public static void main(String[] arguments) throws IOException {
        var fuzz = new FrameFuzz(arguments);
        int count = Integer.parseInt(arguments[3]);
        long startNs = System.nanoTime();
        try (var socket = new PacketSocket(arguments[0])) {
            for (int i = 0; i < count; i++) {
                byte[] frame = fuzz.next();
                socket.send(frame, frame.length);
            }
        }
        System.out.println("sent=" + count + " ms=" + (System.nanoTime() - startNs) / 1_000_000);
    }

    private static byte[] get() {
        return "GET /clip.mp4 HTTP/1.1\r\nHost: a\r\nRange: bytes=0-99\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    }

    private static List<byte[]> segments() {
        byte[] none = new byte[0];
        byte[] options = HexFormat.of().parseHex("020405b40402080a000000010000000001030307");
        byte[] sack = HexFormat.of().parseHex("0101050a0000000100000002");
        return List.of(
                Frames.tcp(20_000, 80, 1, 0, Frames.SYN, options, none),
                Frames.tcp(20_001, 80, 1, 1, Frames.ACK, none, get()),
                Frames.tcp(20_002, 80, 1, 1, Frames.ACK, sack, none),
                Frames.tcp(20_003, 80, 1, 1, Frames.RST, none, none));
    }

    private static List<byte[]> ipv4(Frames frames) {
        int server = Frames.address(Family.IPV4.server);
        byte[] arp =
                HexFormat.of().parseHex("0001080006040001" + "02000000004d" + "c612044d" + "000000000000" + "c6120402");
        byte[] echo = HexFormat.of().parseHex("0800000000010001" + "41".repeat(56));
        byte[] unreachable = HexFormat.of().parseHex("0304000000000500" + "45000028".repeat(7));
        List<byte[]> all = new ArrayList<>();
        segments().forEach(segment -> all.add(frames.ipv4(STRANGER, server, Frames.TCP, segment)));
        all.add(frames.ipv4(STRANGER, server, 1, echo));
        all.add(frames.ipv4(STRANGER, server, 1, unreachable));
        all.add(frames.ipv4(STRANGER, server, 17, get()));
        all.add(frames.ethernet(0x0806, arp));
        all.add(frames.ethernet(0x8100, arp));
        return all;
    }

    private byte[] original() {
        List<byte[]> family = random.nextBoolean() ? ipv4 : ipv6;
        return family.get(random.nextInt(family.size())).clone();
    }

    private byte[] next() {
        byte[] frame = original();
        switch (random.nextInt(5)) {
            case 0 ->
                frame = Arrays.copyOf(
                        frame, Frames.ETHERNET_BYTES + random.nextInt(frame.length - Frames.ETHERNET_BYTES));
            case 1 -> frame = stretched(frame);
            case 2 -> changeLength(frame);
            default -> {}
        }
        for (int i = random.nextInt(6); i > 0; i--) {
            // The destination stays: a frame for another station tests nothing but that.
            int at = 6 + random.nextInt(frame.length - 6);
            frame[at] = (byte) (random.nextBoolean() ? TELLING[random.nextInt(TELLING.length)] : random.nextInt());
        }
        if (random.nextBoolean()) {
            Frames.correctChecksums(frame, frame.length);
        }
        return claimsToBeClient(frame) ? next() : frame;
    }

    /** What the IP header says of it. */
    private void changeLength(byte[] frame) {
        int at = Ipv6Frames.isIpv6(frame, frame.length) ? 18 : 16;
        int length = (frame[at] & 255) << 8 | frame[at + 1] & 255;
        Frames.write(frame, at, random.nextBoolean() ? random.nextInt(1 << 16) : length - 40 + random.nextInt(80));
    }

    private byte[] stretched(byte[] frame) {
        int length = frame.length + random.nextInt(MAX_FRAME_BYTES - frame.length);
        byte[] longer = new byte[length];
        random.nextBytes(longer);
        System.arraycopy(frame, 0, longer, 0, frame.length);
        return longer;
    }

    /** ARP and neighbour discovery know no forgery: who claims to be the client takes its traffic, rightly. */
    private boolean claimsToBeClient(byte[] frame) {
        if (Ipv6Frames.isIpv6(frame, frame.length)) {
            return Ipv6Frames.speaksFor(frame, ipv6Client);
        }
        if (frame.length < 32 || frame[12] != 8 || frame[13] != 6) {
            return false;
        }
        int sender = 0;
        for (int i = 28; i < 32; i++) {
            sender = sender << 8 | frame[i] & 255;
        }
        return sender == client;
    }
}
