package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
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

    private final Frames frames;
    private final byte[] server;
    private final byte[] link;
    private final byte[] beyond;

    private SynFlood(Frames frames, String server) throws IOException {
        this.frames = frames;
        this.server = InetAddress.getByName(server).getAddress();
        this.link = this.server.clone();
        this.beyond =
                InetAddress.getByName(isIpv4() ? "203.0.113.0" : "2001:db8::").getAddress();
    }

    private boolean isIpv4() {
        return server.length == 4;
    }

    private byte[] syn(boolean onLink, Random random) {
        byte[] source = onLink ? link : beyond;
        source[source.length - 1] = (byte) (10 + random.nextInt(240));
        byte[] syn =
                Frames.tcp(1024 + random.nextInt(64_000), 80, random.nextInt(), 0, Frames.SYN, OPTIONS, new byte[0]);
        return isIpv4()
                ? frames.ipv4(
                        ByteBuffer.wrap(source).getInt(),
                        ByteBuffer.wrap(server).getInt(),
                        Frames.TCP,
                        syn)
                : frames.ipv6(source, server, syn);
    }

    /** Prints how many it sent and in what time. */
    public static void main(String[] arguments) throws IOException {
        var flood = new SynFlood(new Frames(arguments[1], arguments[2]), arguments[3]);
        int count = Integer.parseInt(arguments[4]);
        var random = new Random(Long.parseLong(arguments[5]));
        long startNs = System.nanoTime();
        try (var socket = new PacketSocket(arguments[0])) {
            for (int i = 0; i < count; i++) {
                byte[] frame = flood.syn((i & 1) == 0, random);
                socket.send(frame, frame.length);
            }
        }
        System.out.println("sent=" + count + " ms=" + (System.nanoTime() - startNs) / 1_000_000);
    }
}
