package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.util.HexFormat;
import java.util.Random;

/**
 * A program that sends SYNs from hosts that do not exist, half of them on the link, half beyond the gateway.
 *
 * <p>Arguments: interface, MAC address of the server, of the client, server's address, SYNs, seed.
 */
public final class SynFlood {
    /** MSS 1460, SACK permitted, timestamps, window scale 7, as Linux sends them. */
    private static final byte[] OPTIONS = HexFormat.of().parseHex("020405b40402080a00000001000000000103030700000000");

    private static final int LINK = Frames.address("198.18.4.0");
    private static final int BEYOND = Frames.address("203.0.113.0");

    private SynFlood() {}

    /** Prints how many it sent and in what time. */
    public static void main(String[] arguments) throws IOException {
        var frames = new Frames(arguments[1], arguments[2]);
        int server = Frames.address(arguments[3]);
        int count = Integer.parseInt(arguments[4]);
        var random = new Random(Long.parseLong(arguments[5]));
        long startNs = System.nanoTime();
        try (var socket = new PacketSocket(arguments[0])) {
            for (int i = 0; i < count; i++) {
                int host = 10 + random.nextInt(240);
                int source = (i & 1) == 0 ? LINK + host : BEYOND + host;
                byte[] syn = Frames.tcp(
                        1024 + random.nextInt(64_000), 80, random.nextInt(), 0, Frames.SYN, OPTIONS, new byte[0]);
                byte[] frame = frames.ipv4(source, server, Frames.TCP, syn);
                socket.send(frame, frame.length);
            }
        }
        System.out.println("sent=" + count + " ms=" + (System.nanoTime() - startNs) / 1_000_000);
    }
}
