package dev.diskcryptnet.atlas;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.PeerFarSide;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.tcp.CongestionAlgorithm;
import dev.diskcryptnet.tcp.TcpConfig;
import dev.diskcryptnet.wire.ArpFlyweight;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;

/** One worker in virtual time, which the test's own thread turns, and hosts of the test's making on its link. */
final class VirtualBed implements AutoCloseable {
    static final String SERVER = "192.0.2.2";
    /** Where packets for hosts beyond the link go, if a test puts it there. */
    static final String GATEWAY = "192.0.2.254";

    static final long MILLISECOND_NS = 1_000_000;

    final WorkerFactory.Built built;
    /** By IPv4 address. */
    private final Int2ObjectHashMap<PeerFarSide> hosts = new Int2ObjectHashMap<>();

    private final List<PeerFarSide> inOrder = new ArrayList<>();
    private long nowNs = 1_000_000_000;

    VirtualBed(Disk disk, ObjectSource objects, CongestionAlgorithm algorithm) {
        var port = new PeerPort("virtual", worker -> new Link());
        var config = new AtlasConfig(
                List.of(new AtlasConfig.AtlasPort(port, IpConfig.parse(List.of(SERVER + "/24"), List.of(GATEWAY)))),
                List.of(new AtlasConfig.Listener(80, null, algorithm, true)),
                null,
                1,
                List.of(),
                TcpConfig.forMtu(1500),
                Timeouts.standard(),
                false);
        var factory = new WorkerFactory(config, List.of(disk), objects, null);
        factory.clock = () -> nowNs;
        built = factory.build(0);
        built.worker().onStart();
    }

    /** Everybody hears of everybody; packets go to whom they are for. */
    private final class Link implements PeerFarSide {
        @Override
        public void onFrame(
                DirectBuffer buffer,
                int frameOffset,
                int frameBytes,
                int segmentBytes,
                int headerBytes,
                int checksumStart) {
            int packet = frameOffset + EthernetDescriptor.HEADER_BYTES;
            boolean arp = EthernetFlyweight.type(buffer, frameOffset) == EthernetDescriptor.TYPE_ARP;
            int address = arp
                    ? ArpFlyweight.targetProtocol(buffer, packet)
                    : buffer.getInt(packet + Ipv4Descriptor.DESTINATION_OFFSET, ByteOrder.BIG_ENDIAN);
            PeerFarSide host = hosts.get(address);
            if (host != null) {
                host.onFrame(buffer, frameOffset, frameBytes, segmentBytes, headerBytes, checksumStart);
            }
        }

        @Override
        public int deliver(FrameHandler handler, int limit) {
            int frames = 0;
            for (int i = 0; i < inOrder.size(); i++) {
                frames += inOrder.get(i).deliver(handler, limit - frames);
            }
            return frames;
        }
    }

    /** Puts a host on the link. */
    void add(String address, PeerFarSide host) {
        hosts.put((int) IpAddress.parse(address).low(), host);
        inOrder.add(host);
    }

    /** A host that does what it is told, and that the server knows. */
    ScriptedClient host(String address) {
        var host = new ScriptedClient(address, SERVER);
        add(address, host);
        host.announce();
        run(2_000);
        return host;
    }

    /** Passes of the loop, a millisecond apart. */
    void run(int milliseconds) {
        for (int i = 0; i < milliseconds; i++) {
            pass(MILLISECOND_NS);
        }
    }

    /** One pass of the loop. @return work done */
    int pass(long afterNs) {
        nowNs += afterNs;
        return built.worker().doWork();
    }

    long nowNs() {
        return nowNs;
    }

    Lane lane() {
        return built.worker().lanes[0];
    }

    /** The sum of all series of a name. */
    long counter(String name) {
        return built.counterSet().counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .mapToLong(counter -> counter.get())
                .sum();
    }

    /** The series with some label of a value. */
    long counter(String name, String value) {
        return built.counterSet().counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .filter(counter -> counter.descriptor().labels().containsValue(value))
                .mapToLong(counter -> counter.get())
                .sum();
    }

    @Override
    public void close() {
        built.worker().onClose();
    }
}
