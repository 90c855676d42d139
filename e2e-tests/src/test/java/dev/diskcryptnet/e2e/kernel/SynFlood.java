package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * A program that sends SYNs from hosts that do not exist, as fast as one core does or at a rate.
 *
 * <p>Arguments: interface, MAC address of the server, of the client, server's address, SYNs, seed, SYNs a second or 0 for
 * all that it can, and {@code few} for 480 hosts, half of them on the link, or {@code all} for any beyond the gateway. At a
 * rate it ends when it should have sent them all, whether it could or not.
 */
public final class SynFlood {
    /** MSS 1460, SACK permitted, timestamps, window scale 7, as Linux sends them. */
    private static final byte[] OPTIONS = HexFormat.of().parseHex("020405b40402080a00000001000000000103030700000000");

    /** Networks that the sources are of: the server's own link, and one beyond the gateway. */
    private static final int LINK = Frames.address("198.18.4.0");

    private static final int BEYOND = Frames.address("203.0.113.0");
    private static final String BEYOND_IPV6 = "2001:db8::";
    private static final int BATCH = 64;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int IP = Frames.ETHERNET_BYTES;
    private static final int IPV4_CHECKSUM = IP + 10;
    private static final int IPV4_SOURCE = IP + 12;
    private static final int IPV6_SOURCE = IP + 8;

    private final SplittableRandom random;
    private final boolean ipv4;
    private final boolean all;
    private final PacketSocket.Batch batch;
    /** Where four bytes of the source are that differ from frame to frame. */
    private final int sourceAt;

    private final int tcpAt;
    /** Sums of a frame from either network whose four bytes, port and sequence number are zero (RFC 1071). */
    private final int[] ipSums = new int[2];

    private final int[] tcpSums = new int[2];

    private SynFlood(PacketSocket socket, Frames frames, byte[] server, long seed, boolean all) throws IOException {
        this.random = new SplittableRandom(seed);
        this.ipv4 = server.length == 4;
        this.all = all;
        // Of IPv6, hosts of one network or networks beside each other.
        sourceAt = ipv4 ? IPV4_SOURCE : IPV6_SOURCE + (all ? 4 : 12);
        tcpAt = IP + (ipv4 ? Frames.IPV4_BYTES : Frames.IPV6_BYTES);
        MemorySegment[] templates = {
            template(frames, server, server.clone()),
            template(frames, server, InetAddress.getByName(BEYOND_IPV6).getAddress())
        };
        batch = socket.new Batch(BATCH, (int) templates[0].byteSize());
        for (int i = 0; i < BATCH; i++) {
            long at = (long) i * batch.strideBytes;
            MemorySegment.copy(templates[i & 1], 0, batch.frames, at, templates[0].byteSize());
        }
        for (int network = 0; network < 2; network++) {
            ipSums[network] = ~templates[network].get(SHORT, IPV4_CHECKSUM) & 0xFFFF;
            tcpSums[network] = ~templates[network].get(SHORT, tcpAt + 16) & 0xFFFF;
        }
    }

    private MemorySegment template(Frames frames, byte[] server, byte[] ipv6Source) {
        byte[] syn = Frames.tcp(0, 80, 0, 0, Frames.SYN, OPTIONS, new byte[0]);
        if (ipv4) {
            return MemorySegment.ofArray(frames.ipv4(0, ByteBuffer.wrap(server).getInt(), Frames.TCP, syn));
        }
        ByteBuffer.wrap(ipv6Source).putInt(sourceAt - IPV6_SOURCE, 0);
        return MemorySegment.ofArray(frames.ipv6(ipv6Source, server, syn));
    }

    /** Prints how many it sent and in what time. */
    public static void main(String[] arguments) throws IOException {
        var frames = new Frames(arguments[1], arguments[2]);
        long count = Long.parseLong(arguments[4]);
        long rate = Long.parseLong(arguments[6]);
        long startNs = System.nanoTime();
        long sent = 0;
        try (var socket = new PacketSocket(arguments[0])) {
            socket.bypassQueue();
            var flood = new SynFlood(
                    socket,
                    frames,
                    InetAddress.getByName(arguments[3]).getAddress(),
                    Long.parseLong(arguments[5]),
                    arguments[7].equals("all"));
            long limitNs = rate == 0 ? Long.MAX_VALUE : count * 1_000_000_000 / rate;
            while (sent < count && System.nanoTime() - startNs < limitNs) {
                flood.send();
                sent += BATCH;
                long aheadNs = rate == 0 ? 0 : startNs + sent * 1_000_000_000 / rate - System.nanoTime();
                if (aheadNs > 200_000) {
                    LockSupport.parkNanos(aheadNs);
                }
            }
        }
        System.out.println("sent=" + sent + " ms=" + (System.nanoTime() - startNs) / 1_000_000);
    }

    private void send() throws IOException {
        for (int i = 0; i < BATCH; i++) {
            long at = (long) i * batch.strideBytes;
            int source = all ? anybody() : somebody(i);
            int port = 1024 + random.nextInt(64_000);
            int sequence = random.nextInt();
            int sourceSum = (source >>> 16) + (source & 0xFFFF);
            batch.frames.set(INT, at + sourceAt, source);
            if (ipv4) {
                batch.frames.set(SHORT, at + IPV4_CHECKSUM, checksum(ipSums[i & 1] + sourceSum));
            }
            batch.frames.set(SHORT, at + tcpAt, (short) port);
            batch.frames.set(INT, at + tcpAt + 4, sequence);
            int sum = tcpSums[i & 1] + sourceSum + port + (sequence >>> 16) + (sequence & 0xFFFF);
            batch.frames.set(SHORT, at + tcpAt + 16, checksum(sum));
        }
        batch.send();
    }

    private int somebody(int i) {
        int network = !ipv4 ? 0 : (i & 1) == 0 ? LINK : BEYOND;
        return network + 10 + random.nextInt(240);
    }

    /** An address from 1.0.0.0 to 223.255.255.255, but for loopback and our own link. */
    private int anybody() {
        while (true) {
            int address = random.nextInt();
            int network = address >>> 24;
            if (network > 0 && network < 224 && network != 127 && network != 198) {
                return address;
            }
        }
    }

    private static short checksum(int sum) {
        int folded = (sum & 0xFFFF) + (sum >>> 16);
        return (short) ~((folded & 0xFFFF) + (folded >>> 16));
    }
}
