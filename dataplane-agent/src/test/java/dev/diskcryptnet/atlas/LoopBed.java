package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.load.LoadConfig;
import dev.diskcryptnet.load.PerfectClient;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.netmap.Port;
import dev.diskcryptnet.tcp.TcpConfig;
import dev.diskcryptnet.wire.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** One worker, run by the test's own thread, between a disk and a perfect client. */
final class LoopBed implements AutoCloseable {
    private static final String SERVER = "192.0.2.2";
    private static final int PORT = 80;
    private static final int MAX_PASSES = 5_000_000;

    final PerfectClient client;
    final WorkerFactory.Built built;

    LoopBed(Disk disk, ObjectSource objects, List<String> paths, int connections, BodyCheck check) {
        this(disk, objects, paths, connections, check, client -> new PeerPort("test", worker -> client));
    }

    /** @param ports makes the port whose far side is the client */
    LoopBed(
            Disk disk,
            ObjectSource objects,
            List<String> paths,
            int connections,
            BodyCheck check,
            Function<PerfectClient, Port> ports) {
        var load = new LoadConfig(connections, paths, IpAddress.parse("192.0.2.1"), IpAddress.parse(SERVER), PORT, 1);
        client = new PerfectClient(load, new CounterSet(Map.of()), check);
        Port port = ports.apply(client);
        var config = new AtlasConfig(
                List.of(new AtlasConfig.AtlasPort(port, IpConfig.parse(List.of(SERVER + "/24"), List.of()))),
                List.of(AtlasConfig.Listener.plain(PORT)),
                null,
                1,
                List.of(),
                TcpConfig.forMtu(1500),
                Timeouts.standard());
        built = new WorkerFactory(config, List.of(disk), objects, null).build(0);
        built.worker().onStart();
    }

    void runUntil(BooleanSupplier reached) {
        for (int pass = 0; !reached.getAsBoolean(); pass++) {
            if (pass == MAX_PASSES) {
                throw new AssertionError("not reached after passes=" + pass + ", responses=" + client.responses()
                        + " bodyBytes=" + client.bodyBytes() + " errors=" + client.errors());
            }
            built.worker().doWork();
        }
    }

    /** Waits between passes, as a worker does: for what takes time. The test's own time-out ends it. */
    void runPatientlyUntil(BooleanSupplier reached) {
        while (!reached.getAsBoolean()) {
            built.worker().idle(built.worker().doWork());
        }
    }

    long counter(String name) {
        return built.counterSet().counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .mapToLong(counter -> counter.get())
                .sum();
    }

    @Override
    public void close() {
        built.worker().onClose();
    }
}
