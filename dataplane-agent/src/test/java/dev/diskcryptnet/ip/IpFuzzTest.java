package dev.diskcryptnet.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.wire.IcmpFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Random;
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
        byte[] frame = good[random.nextInt(good.length)].clone();
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            int reach = random.nextBoolean() ? Math.min(64, frame.length) : frame.length;
            frame[random.nextInt(reach)] = (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(2) * 255);
        }
        if (random.nextBoolean()) {
            mend(frame); // so that what lies behind the checksum is reached
        }
        return random.nextInt(4) == 0 ? java.util.Arrays.copyOf(frame, random.nextInt(frame.length + 1)) : frame;
    }

    /** Puts the checksum of an ICMPv6 message right, whatever it says. */
    private static void mend(byte[] frame) {
        UnsafeBuffer buffer = new UnsafeBuffer(frame);
        int bytes = Ipv6Flyweight.payloadBytes(buffer, 14);
        if (frame[20] == 58 && bytes >= 8 && bytes <= frame.length - 54) {
            IcmpFlyweight.completeIcmpv6Checksum(
                    buffer,
                    54,
                    bytes,
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
        assertTrue(link.count("dcn_ip_neighbours", null) <= 2 * NeighbourCache.SETS * NeighbourCache.WAYS + 2);
        assertEquals(link.queue.control().slotCount(), link.queue.control().available());
    }

    @Test
    void shouldAllocateNothing() {
        UnsafeBuffer[] frames = new UnsafeBuffer[good.length];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = new UnsafeBuffer(good[i]);
        }
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
