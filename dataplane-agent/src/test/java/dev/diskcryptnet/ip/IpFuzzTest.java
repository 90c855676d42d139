package dev.diskcryptnet.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class IpFuzzTest {
    private static final long SEED = Long.getLong("dcn.seed", 826_791L);
    private static final int FRAMES = Boolean.getBoolean("dcn.long") ? 2_000_000 : 100_000;

    private final Ipv6Link dual = new Ipv6Link().ready();
    private final IpLink link = dual.link;
    private final Random random = new Random(SEED);
    private final byte[][] good = {
        link.tcp(IpLink.FAR, IpLink.OWN, 0),
        link.tcp(IpLink.PEER, IpLink.OWN, 1460),
        link.echo(IpLink.PEER, IpLink.OWN, 56),
        link.echo(IpLink.FAR, IpLink.OWN, 1472),
        link.arp(1, IpLink.PEER_STATION, IpLink.PEER, 0, IpLink.OWN),
        link.arp(2, IpLink.GATEWAY_STATION, IpLink.GATEWAY, link.ownStation, IpLink.OWN),
        link.arp(1, IpLink.PEER_STATION, 0, 0, IpLink.OWN),
        dual.tcp(Ipv6Link.FAR, Ipv6Link.OWN, 0),
        dual.tcp(Ipv6Link.PEER, Ipv6Link.OWN, 1440),
        dual.icmp(128, 64, Ipv6Link.PEER, Ipv6Link.OWN, 64),
        Ipv6Link.extended(dual.tcp(Ipv6Link.FAR, Ipv6Link.OWN, 9), 60, new byte[] {6, 0, 1, 4, 0, 0, 0, 0}),
        PacketTooBigTest.ipv4(link, IpLink.OWN, IpLink.FAR, 6, 1500, 1400, 28),
        PacketTooBigTest.ipv6(dual, Ipv6Link.OWN, Ipv6Link.FAR, 6, 1400, 48),
        solicitation(),
        dual.neighbour(
                Ipv6Link.ADVERTISEMENT,
                Ipv6Link.OVERRIDE,
                IpLink.GATEWAY_STATION,
                Ipv6Link.GATEWAY,
                IpAddress.ALL_NODES,
                Ipv6Link.GATEWAY,
                IpLink.GATEWAY_STATION),
    };

    private final byte[][] kinds = Ipv6Kinds.of(dual);

    private byte[] solicitation() {
        return dual.neighbour(
                Ipv6Link.SOLICITATION,
                0,
                IpLink.PEER_STATION,
                Ipv6Link.PEER,
                Ipv6Link.OWN_GROUP,
                Ipv6Link.OWN,
                IpLink.PEER_STATION);
    }

    private byte[] mutated() {
        if (random.nextInt(16) == 0) {
            byte[] noise = new byte[random.nextInt(120)];
            random.nextBytes(noise);
            return noise;
        }
        byte[][] from = random.nextBoolean() ? good : kinds;
        byte[] frame = from[random.nextInt(from.length)].clone();
        if (random.nextInt(8) == 0) {
            changeLength(frame);
        }
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            int reach = random.nextBoolean() ? Math.min(64, frame.length) : frame.length;
            frame[random.nextInt(reach)] = (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(2) * 255);
        }
        if (random.nextBoolean()) {
            mend(frame); // so that what lies behind the checksum is reached
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(frame, random.nextInt(frame.length + 1)) : frame;
    }

    /** What the IP header says of it. */
    private void changeLength(byte[] frame) {
        boolean ipv6 = frame[12] == (byte) 0x86;
        int near = frame.length - (ipv6 ? 54 : 14) - 8 + random.nextInt(16);
        new UnsafeBuffer(frame)
                .putShort(
                        ipv6 ? 18 : 16, (short) (random.nextBoolean() ? near : random.nextInt()), ByteOrder.BIG_ENDIAN);
    }

    /** Puts the checksum of an ICMPv6 message right, whatever it says and whatever headers it is behind. */
    private static void mend(byte[] frame) {
        UnsafeBuffer buffer = new UnsafeBuffer(frame);
        int end = 54 + Ipv6Flyweight.payloadBytes(buffer, 14);
        int next = frame[20];
        int at = 54;
        while ((next == 0 || next == 43 || next == 44 || next == 60) && at + 8 <= Math.min(end, frame.length)) {
            int units = next == 44 ? 1 : (frame[at + 1] & 0xFF) + 1;
            next = frame[at];
            at += units * 8;
        }
        if (next == 58 && end - at >= 8 && end <= frame.length) {
            IcmpFlyweight.completeIcmpv6Checksum(
                    buffer,
                    at,
                    end - at,
                    Ipv6Flyweight.sourceHigh(buffer, 14),
                    Ipv6Flyweight.sourceLow(buffer, 14),
                    Ipv6Flyweight.destinationHigh(buffer, 14),
                    Ipv6Flyweight.destinationLow(buffer, 14));
        }
    }

    @Test
    void shouldSurviveAnyFrameAndStayBounded() {
        System.out.println("IpFuzzTest seed=" + SEED + " frames=" + FRAMES);
        Assertions.assertTimeout(Duration.ofSeconds(120), this::feed, "seed=" + SEED);
    }

    private void feed() {
        long nowNs = 0;
        int passed = 0;
        for (int i = 0; i < FRAMES; i++) {
            byte[] frame = mutated();
            // The buffer ends with the frame, so that a read past it throws.
            UnsafeBuffer buffer = new UnsafeBuffer(frame);
            int flags = random.nextInt(8) == 0 ? FrameHandler.CHECKSUM_GOOD : 0;
            boolean tcp = link.host.receive(nowNs, buffer, 0, frame.length, flags, link.datagram);
            if (tcp || link.datagram.packetTooBigBytes != 0) {
                passed++;
                int end = link.datagram.transportOffset + link.datagram.transportBytes;
                assertTrue(link.datagram.transportBytes >= 0 && end <= frame.length, "seed=" + SEED + " i=" + i);
            }
            if (i % 64 == 0) {
                nowNs += random.nextInt(50_000_000);
                link.host.nextHop(nowNs, 0, IpAddress.lowOfIpv4(random.nextInt()));
                link.host.nextHop(nowNs, 0, IpAddress.lowOfIpv4(IpLink.OWN & ~0xFF | random.nextInt(256)));
                link.host.nextHop(nowNs, random.nextLong(), random.nextLong());
                link.host.nextHop(nowNs, Ipv6Link.OWN.high(), random.nextInt(1 << 20));
                link.host.onTimers(nowNs);
                link.sent();
            }
        }
        link.sent();
        assertTrue(passed > FRAMES / 20 && passed < FRAMES, "passed=" + passed);
        // Echo requests are not so many that their limit is reached.
        for (DropReason reason : EnumSet.complementOf(EnumSet.of(DropReason.ECHO_LIMIT))) {
            String name = reason.name().toLowerCase(Locale.ROOT);
            assertTrue(link.count("dcn_ip_dropped_packets", name) > 0, "reason=" + name + " never seen, seed=" + SEED);
        }
        assertTrue(link.count("dcn_ip_neighbours", null) <= 2 * NeighbourCache.SETS * NeighbourCache.WAYS + 2);
        assertEquals(link.queue.control().slotCount(), link.queue.control().available());
    }

    @Test
    void shouldAllocateNothing() {
        UnsafeBuffer[] frames = Stream.of(good, kinds)
                .flatMap(Arrays::stream)
                .map(UnsafeBuffer::new)
                .toArray(UnsafeBuffer[]::new);
        UnsafeBuffer out = new UnsafeBuffer(new byte[2048]);
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        exchange(frames, out, 0);
        link.sent();
        thread.getCurrentThreadAllocatedBytes();
        long before = thread.getCurrentThreadAllocatedBytes();
        for (int round = 1; round <= 20; round++) {
            exchange(frames, out, round * 1_000_000_000L);
        }
        long allocated = thread.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 4096, "allocated=" + allocated);
    }

    /** A second of traffic. The control ring fills up, and that must not allocate either. */
    private void exchange(UnsafeBuffer[] frames, UnsafeBuffer out, long nowNs) {
        for (int i = 0; i < 20_000; i++) {
            UnsafeBuffer frame = frames[i % frames.length];
            link.host.receive(nowNs, frame, 0, frame.capacity(), 0, link.datagram);
            long station = link.host.nextHop(nowNs, 0, IpAddress.lowOfIpv4(i % 3 == 0 ? IpLink.FAR : IpLink.PEER));
            long own = IpAddress.lowOfIpv4(IpLink.OWN);
            long peer = IpAddress.lowOfIpv4(IpLink.PEER);
            link.host.writeHeaders(out, 0, station, 0, own, 0, peer, 0, 100);
            link.host.completeTcpChecksum(out, 34, 100, 0, own, 0, peer);
            IpAddress six = Ipv6Link.OWN;
            long stationOfSix = i % 3 == 0
                    ? link.host.nextHop(nowNs, Ipv6Link.FAR.high(), Ipv6Link.FAR.low())
                    : link.host.nextHop(nowNs, Ipv6Link.PEER.high(), Ipv6Link.PEER.low());
            link.host.writeHeaders(out, 0, stationOfSix, six.high(), six.low(), six.high(), six.low() + 1, 0, 100);
            link.host.onTimers(nowNs);
        }
    }
}
