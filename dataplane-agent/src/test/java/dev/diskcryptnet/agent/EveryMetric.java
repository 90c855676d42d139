package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentMetrics;
import dev.diskcryptnet.admin.IngestCounters;
import dev.diskcryptnet.agent.config.AgentConfig.ListenerConfig;
import dev.diskcryptnet.atlas.AtlasConfig;
import dev.diskcryptnet.atlas.AtlasNode;
import dev.diskcryptnet.atlas.Timeouts;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.device.HostChanges;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskHealth;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.HotDisk;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.load.LoadConfig;
import dev.diskcryptnet.load.PerfectClient;
import dev.diskcryptnet.load.PresetTls;
import dev.diskcryptnet.memory.MemoryBandwidth;
import dev.diskcryptnet.memory.MemorySource;
import dev.diskcryptnet.netmap.FaultPort;
import dev.diskcryptnet.netmap.FaultSpec;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.netmap.Port;
import dev.diskcryptnet.tcp.CongestionAlgorithm;
import dev.diskcryptnet.tcp.TcpConfig;
import dev.diskcryptnet.volume.VolumeInfo;
import dev.diskcryptnet.wire.IpAddress;
import io.netty.pkitesting.CertificateBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/** All that an agent may register, on a machine that has everything: real parts, on recorded figures where it takes hardware. */
final class EveryMetric implements AutoCloseable {
    private static final DiskHealth SMART = new DiskHealth(DiskHealth.State.OK, 0, 0, 0, 300, 1, 100, 10, 0, "");

    private final ReleaseStack opened = new ReleaseStack();

    EveryMetric(AgentMetrics metrics, Path directory, int workers) throws Exception {
        Disk disk = opened.add("disk", Disks.open("mem:1M?seed=7", OpenMode.READ_ONLY));
        List<CounterSet> faults = IntStream.range(0, workers)
                .mapToObj(worker -> new CounterSet(Map.of("worker", Integer.toString(worker))))
                .toList();
        Port port = new FaultPort(
                new PeerPort("port", worker -> client()),
                FaultSpec.parse("drop=0,seed=1"),
                System::nanoTime,
                faults::get);
        AtlasNode node =
                opened.add("workers", AtlasNode.start(atlas(port, workers), List.of(disk), path -> null, () -> {}));
        node.counterSets().forEach(metrics::register);
        faults.forEach(metrics::register);

        var rest = new CounterSet(Map.of());
        new SmartGauges(rest, disk.facts().id(), SMART);
        DeviceGauges.show(rest, disk.facts());
        DeviceGauges.show(rest, port.facts());
        new VolumeGauges(rest, volume());
        new IngestCounters(rest);
        CacheGauges.show(rest, processors(directory), List.of(), workers);
        listener(directory).gauges(rest);
        metrics.register(rest);
        metrics.register(
                new DeviceWatch(HostChanges.withoutJournal(KernelLinks.host()), Duration.ofDays(1)).counterSet());
        metrics.register(new DiskCare(List.of(new HotDisk(disk)), number -> disk).counters());
        metrics.register(opened.add("memory", memory()));
    }

    private static PerfectClient client() {
        var load = new LoadConfig(1, List.of("/a"), IpAddress.parse("192.0.2.1"), IpAddress.parse("192.0.2.2"), 80, 0);
        return new PerfectClient(load, new CounterSet(Map.of()), BodyCheck.NONE);
    }

    private static AtlasConfig atlas(Port port, int workers) {
        CryptEngine engine = CryptEngine.OPENSSL;
        var tls = new PresetTls(TlsVersion.TLS_1_3, CipherSuite.AES_128_GCM, engine);
        return new AtlasConfig(
                List.of(new AtlasConfig.AtlasPort(port, IpConfig.parse(List.of("192.0.2.2/24"), List.of()))),
                List.of(AtlasConfig.Listener.plain(80), new AtlasConfig.Listener(443, tls)),
                engine,
                workers,
                List.of(),
                TcpConfig.forMtu(1500),
                Timeouts.standard(),
                false);
    }

    private static VolumeInfo volume() {
        var uuid = new UUID(1, 2);
        var member = new VolumeInfo.MemberInfo(0, "disk", uuid, 0, 1, 1, 1, 1, 1, 1, null);
        return new VolumeInfo(uuid, false, 1, 1, 1, 1, List.of(member), List.of());
    }

    private static Path processors(Path directory) throws Exception {
        Path cache = Files.createDirectories(directory.resolve("processors/cpu0/cache/index3"));
        Files.writeString(cache.resolve("level"), "3");
        Files.writeString(cache.resolve("size"), "32768K");
        Files.writeString(cache.resolve("shared_cpu_list"), "0-1");
        return directory.resolve("processors");
    }

    private TlsListener listener(Path directory) throws Exception {
        var bundle = new CertificateBuilder()
                .ecp256()
                .subject("CN=edge.example")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Path secret = Files.createDirectories(directory.resolve("edge"));
        Files.writeString(secret.resolve("tls.crt"), bundle.getCertificatePathPEM());
        Files.writeString(secret.resolve("tls.key"), bundle.getPrivateKeyPEM());
        return opened.add(
                "listener",
                TlsListener.open(new ListenerConfig(443, List.of("edge"), CongestionAlgorithm.CUBIC, true), directory));
    }

    private static MemoryBandwidth memory() {
        MemorySource source = new MemorySource() {
            @Override
            public String name() {
                return "resctrl";
            }

            @Override
            public Scope scope() {
                return Scope.AGENT;
            }

            @Override
            public List<Reading> read() {
                return List.of(new Reading("L3-0", Direction.TOTAL, 1));
            }

            @Override
            public void close() {
                // It is figures only.
            }
        };
        return new MemoryBandwidth(List.of(source), List.of(), () -> 0, () -> 0);
    }

    @Override
    public void close() {
        opened.close();
    }
}
