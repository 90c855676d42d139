package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.PeerFarSide;
import dev.diskcryptnet.tcp.CongestionAlgorithm;
import dev.diskcryptnet.tcp.TcpSegment;
import dev.diskcryptnet.tcp.TcpSegmentCodec;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** SYNs from anywhere, more than there is room for: what each costs the loop, in work; its time is only printed. */
class SynFloodTest extends LoopCase {
    private static final int BATCH = 200;
    private static final int PASSES = 5_000;

    /** Sends SYNs of hosts beyond the gateway, {@link #BATCH} a pass, and hears nothing. */
    private static final class Flood implements PeerFarSide {
        private static final int TCP = EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.HEADER_BYTES;

        private final SplittableRandom random = new SplittableRandom(7);
        private final UnsafeBuffer frame;
        boolean flows;

        Flood(long serverStation) {
            TcpSegment syn = new TcpSegment();
            syn.clear();
            syn.flags = TcpSegment.SYN;
            syn.localPort = 1;
            syn.remotePort = 80;
            syn.window = 64_000;
            syn.maximumSegmentSize = 1460;
            syn.sackPermitted = true;
            syn.windowScale = 7;
            syn.hasTimestamps = true;
            int headerBytes = TcpSegmentCodec.headerBytes(syn);
            frame = new UnsafeBuffer(new byte[TCP + headerBytes]);
            EthernetFlyweight.write(frame, 0, serverStation, 0x02DC_0000_0009L, EthernetDescriptor.TYPE_IPV4);
            Ipv4Flyweight.write(
                    frame,
                    EthernetDescriptor.HEADER_BYTES,
                    Ipv4Descriptor.HEADER_BYTES + headerBytes,
                    0,
                    64,
                    Ipv4Descriptor.PROTOCOL_TCP,
                    0,
                    (int) IpAddress.parse(VirtualBed.SERVER).low());
            TcpSegmentCodec.encode(syn, frame, TCP);
        }

        @Override
        public void onFrame(
                DirectBuffer buffer,
                int frameOffset,
                int frameBytes,
                int segmentBytes,
                int headerBytes,
                int checksumStart) {
            // From one who has forged his address the answers go elsewhere.
        }

        @Override
        public int deliver(FrameHandler handler, int limit) {
            int count = flows ? Math.min(BATCH, limit) : 0;
            int source = EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.SOURCE_OFFSET;
            int sum = EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.CHECKSUM_OFFSET;
            for (int i = 0; i < count; i++) {
                int before = checksumOf(frame.getInt(source, ByteOrder.BIG_ENDIAN));
                int address = 0x0B00_0000 + random.nextInt(0x6000_0000);
                frame.putInt(source, address, ByteOrder.BIG_ENDIAN);
                int header = ~frame.getShort(sum, ByteOrder.BIG_ENDIAN) & 0xFFFF;
                frame.putShort(
                        sum, (short) ~fold(header + (~before & 0xFFFF) + checksumOf(address)), ByteOrder.BIG_ENDIAN);
                frame.putShort(TCP, (short) random.nextInt(1024, 65_536), ByteOrder.BIG_ENDIAN);
                frame.putInt(TCP + 4, random.nextInt(), ByteOrder.BIG_ENDIAN);
                handler.onFrame(frame, 0, frame.capacity(), FrameHandler.CHECKSUM_GOOD);
            }
            return count;
        }

        private static int checksumOf(int word) {
            return fold((word >>> 16) + (word & 0xFFFF));
        }

        private static int fold(int sum) {
            int once = (sum & 0xFFFF) + (sum >>> 16);
            return (once & 0xFFFF) + (once >>> 16);
        }
    }

    @Test
    void shouldAnswerSynsByCookiesWithoutKeepingOrAllocatingAnything() {
        var object = new PatternObject("/a", 0, 1000);
        VirtualBed bed = opened(new VirtualBed(pattern(), only(object), CongestionAlgorithm.CUBIC));
        bed.host(VirtualBed.GATEWAY);
        var flood = new Flood(bed.lane().facts.macAddress());
        bed.add("192.0.2.9", flood);
        flood.flows = true;
        // Within the time after which the first half-open connections would be let go.
        for (int i = 0; i < PASSES; i++) {
            bed.pass(1_000);
        }
        long cookies = bed.counter("dcn_tcp_syn_cookies_sent");
        assertEquals((long) PASSES * BATCH, cookies + bed.lane().tcp.halfOpenConnections());
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long startNs = threads.getCurrentThreadCpuTime();
        long framesBefore = bed.lane().queue.statistics().sentFrames();
        long timersBefore = bed.lane().tcp.nextDeadlineNs();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < PASSES; i++) {
            bed.pass(1_000);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        long eachNs = (threads.getCurrentThreadCpuTime() - startNs) / ((long) PASSES * BATCH);
        System.out.println("SynFloodTest ns a SYN=" + eachNs + " allocated bytes=" + allocated);
        assertEquals((long) PASSES * BATCH, bed.counter("dcn_tcp_syn_cookies_sent") - cookies);
        assertEquals(0, bed.counter("dcn_tcp_segments_unsent"));
        assertEquals(4096, bed.lane().tcp.halfOpenConnections());
        assertTrue(allocated < 4_096, "allocated=" + allocated);
        long frames = bed.lane().queue.statistics().sentFrames() - framesBefore;
        assertEquals((long) PASSES * BATCH, frames, "a SYN is worth one frame");
        assertEquals(timersBefore, bed.lane().tcp.nextDeadlineNs(), "nobody is waited for");
    }
}
