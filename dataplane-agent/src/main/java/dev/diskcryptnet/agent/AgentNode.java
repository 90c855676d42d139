package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentStatus;
import dev.diskcryptnet.admin.IngestCounters;
import dev.diskcryptnet.admin.VolumeObjectStore;
import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.agent.config.AgentConfig.DiskConfig;
import dev.diskcryptnet.atlas.AccessRing;
import dev.diskcryptnet.atlas.AtlasConfig;
import dev.diskcryptnet.atlas.AtlasConfig.AtlasPort;
import dev.diskcryptnet.atlas.AtlasNode;
import dev.diskcryptnet.atlas.Timeouts;
import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.device.HostChanges;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.tcp.TcpConfig;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.wire.MacAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything of a serving agent, put together: disks, volume, ports, workers, admin endpoint. */
final class AgentNode implements DataPlane {
    private static final Logger LOG = LoggerFactory.getLogger(AgentNode.class);

    private static final Duration DEVICE_LOOK = Duration.ofSeconds(5);
    private static final Duration TROUBLE_LOOK = Duration.ofSeconds(2);

    private final ReleaseStack opened;
    private final AtlasNode atlas;
    private final List<AtlasPort> ports;
    private final VolumeSetup.Opened storage;
    private final DiskCare care;
    private final TlsSetup tls;
    private final List<CounterSet> counterSets;
    private final Drain drain;
    private final DeviceWatch watch;
    private final IngestCounters ingest;
    private volatile boolean ready;

    private AgentNode(
            ReleaseStack opened,
            AtlasNode atlas,
            List<AtlasPort> ports,
            VolumeSetup.Opened storage,
            DiskCare care,
            TlsSetup tls,
            DeviceWatch watch,
            List<CounterSet> counterSets) {
        this.opened = opened;
        this.atlas = atlas;
        this.ports = ports;
        this.storage = storage;
        this.care = care;
        this.tls = tls;
        this.watch = watch;
        this.counterSets = counterSets;
        this.ingest = new IngestCounters(storage.counters());
        this.drain = new Drain(atlas, () -> setReady(false));
    }

    /**
     * Opens devices and starts workers.
     *
     * @param onFailure called with the reason, from any thread, when a worker stops by itself
     * @throws IOException when the admin endpoint cannot be started
     * @throws RuntimeException when a device or the configuration refuses; nothing stays open then
     */
    static AgentNode start(AgentConfig config, ServeOptions options, Consumer<Throwable> onFailure) throws IOException {
        var opened = new ReleaseStack();
        try {
            return start(config, options, onFailure, opened);
        } catch (IOException | RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    private static AgentNode start(
            AgentConfig wanted, ServeOptions options, Consumer<Throwable> onFailure, ReleaseStack opened)
            throws IOException {
        // First, as it is closed last: what it puts back is in use by all that follows.
        HostChanges changes = opened.add("host changes", hostChanges(options.stateDirectory));
        var devices = DevicePreparation.prepare(wanted, changes);
        AgentConfig config = devices.config();
        TlsSetup tls = TlsSetup.open(config, options.tlsDirectory, opened);
        List<Integer> cpus = Processors.choose(options.cpus, config.workers(), config.dedicated());
        List<String> uris = config.disks().stream().map(DiskConfig::uri).toList();
        VolumeSetup.Opened storage = VolumeSetup.open(uris, config.format(), devices.unexaminedDisks(), opened);
        var portSetup = new PortSetup(config, options, changes);
        List<AtlasPort> ports = portSetup.open(opened);
        int mtu = ports.stream().mapToInt(p -> p.port().facts().mtu()).min().orElseThrow();
        var atlasConfig = new AtlasConfig(
                ports,
                tls.atlasListeners(),
                tls.engine(),
                config.workers(),
                cpus,
                TcpConfig.forMtu(mtu).withPrefixLimit(config.prefixLimit()),
                Timeouts.standard(),
                config.hugePageBytes() > 0);

        // A worker may fail before start has returned the node that knows why.
        var started = new CompletableFuture<AtlasNode>();
        AtlasNode atlas = AtlasNode.start(
                atlasConfig,
                List.copyOf(storage.disks()),
                storage.volume()::find,
                () -> started.thenAccept(node -> onFailure.accept(node.failure().cause())));
        opened.add("workers", atlas);
        started.complete(atlas);
        var care = new DiskCare(
                storage.disks(),
                number -> DevicePreparation.reopen(wanted.disks().get(number), changes));
        opened.add("disk care", care.start(storage.volume()));

        List<CounterSet> counterSets = new ArrayList<>(atlas.counterSets());
        counterSets.addAll(portSetup.counterSets());
        counterSets.add(care.counters());
        counterSets.add(storage.counters());
        DeviceWatch watch = opened.add("device watch", new DeviceWatch(changes, DEVICE_LOOK).start());
        counterSets.add(watch.counterSet());
        opened.add("trouble watch", new TroubleWatch(List.copyOf(counterSets), TROUBLE_LOOK).start());
        var node = new AgentNode(opened, atlas, ports, storage, care, tls, watch, List.copyOf(counterSets));
        AdminSetup.start(node, config, options, cpus, opened);
        return node;
    }

    private static HostChanges hostChanges(Path stateDirectory) {
        return stateDirectory == null
                ? HostChanges.withoutJournal(KernelLinks.host())
                : HostChanges.open(stateDirectory, KernelLinks.host());
    }

    /** Ports with their addresses. */
    List<AtlasPort> ports() {
        return ports;
    }

    /** Disks in the order of {@code StoredObject.disk()}. */
    List<Disk> disks() {
        return List.copyOf(storage.disks());
    }

    /** Who looks after the disks. */
    DiskCare diskCare() {
        return care;
    }

    /** Its TLS ports and what seals for them. */
    TlsSetup tls() {
        return tls;
    }

    /** What is no longer as it was set on the machine. */
    List<DeviceWatch.Drift> drifts() {
        return watch.drifts();
    }

    /** The volume that is served; objects put on it are served at once. */
    Volume volume() {
        return storage.volume();
    }

    /** The volume as the admin endpoint changes it. */
    VolumeObjectStore objects() {
        return new VolumeObjectStore(storage.volume(), storage.thread(), ingest);
    }

    /** The workers' connections as the admin endpoint shows them. */
    NodeConnections connectionSource() {
        return new NodeConnections(atlas);
    }

    /** Counters of all workers. */
    List<CounterSet> counterSets() {
        return counterSets;
    }

    /** A counter over all its series. */
    long sum(String name) {
        return counterSets.stream()
                .flatMap(set -> set.counters().stream())
                .filter(counter -> counter.descriptor().name().equals(name))
                .mapToLong(Counter::get)
                .sum();
    }

    /** Established connections. */
    long connections() {
        return atlas.connections();
    }

    /** What its workers tell of single responses. */
    List<AccessRing> accessRings() {
        return atlas.accessRings();
    }

    /** Why a worker stopped by itself, or null. */
    Throwable failure() {
        AtlasNode.Failure failure = atlas.failure();
        return failure == null ? null : failure.cause();
    }

    /** Whether new requests are welcome. */
    boolean isReady() {
        return ready && drain.status() == null;
    }

    /** How the drain stands; null before one has begun. */
    AgentStatus.Drain drainStatus() {
        return drain.status();
    }

    /** Begins a drain, unless one has begun. */
    AgentStatus.Drain beginDrain(Duration limit) {
        return drain.begin(limit);
    }

    @Override
    public void setReady(boolean isReady) {
        ready = isReady;
        if (isReady) {
            storage.disks().stream().map(Disk::facts).forEach(AgentNode::log);
            ports.stream().map(port -> port.port().facts()).forEach(AgentNode::log);
            LOG.atInfo()
                    .addKeyValue("objects", storage.volume().info().objects())
                    .log("ready");
        }
    }

    @Override
    public boolean drain(Duration limit) throws InterruptedException {
        return drain.await(limit);
    }

    @Override
    public void close() {
        opened.close();
    }

    private static void log(DiskFacts disk) {
        LOG.atInfo()
                .addKeyValue("uri", disk.uri())
                .addKeyValue("mode", disk.mode())
                .addKeyValue("capacityBytes", disk.capacityBytes())
                .addKeyValue("direct", disk.direct())
                .addKeyValue("numaNode", disk.numaNode())
                .log("disk");
    }

    private static void log(PortFacts port) {
        LOG.atInfo()
                .addKeyValue("uri", port.uri())
                .addKeyValue("macAddress", MacAddress.format(port.macAddress()))
                .addKeyValue("mtu", port.mtu())
                .addKeyValue("segmentationIpv4", port.segmentationIpv4())
                .addKeyValue("maxFrameBytes", port.maxFrameBytes())
                .addKeyValue("checksumOffload", port.checksumOffload())
                .addKeyValue("zeroCopy", port.zeroCopy())
                .addKeyValue("transmitMode", port.transmitMode())
                .log("port");
    }
}
