package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.load.LoadConfig;
import dev.diskcryptnet.load.PerfectClient;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.tcp.TcpConfig;
import dev.diskcryptnet.wire.IpAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AtlasPortsTest {
    private static PerfectClient client(String network, int connections) {
        var load = new LoadConfig(
                connections, List.of("/a"), IpAddress.parse(network + ".1"), IpAddress.parse(network + ".2"), 80, 0);
        return new PerfectClient(load, new CounterSet(Map.of()), BodyCheck.NONE);
    }

    private static AtlasConfig.AtlasPort port(String network, PerfectClient client) {
        return new AtlasConfig.AtlasPort(
                new PeerPort(network, worker -> client), IpConfig.parse(List.of(network + ".2/24"), List.of()));
    }

    @Test
    void shouldCountTheConnectionsOfAllPortsOfAWorker() {
        PerfectClient one = client("192.0.2", 3);
        PerfectClient other = client("198.51.100", 4);
        var config = new AtlasConfig(
                List.of(port("192.0.2", one), port("198.51.100", other)),
                List.of(AtlasConfig.Listener.plain(80)),
                null,
                1,
                List.of(),
                TcpConfig.forMtu(1500),
                Timeouts.standard(),
                false);
        var object = new PatternObject("/a", 0, 100_000);
        try (Disk disk = Disks.open("mem:1M?seed=7", OpenMode.READ_ONLY)) {
            WorkerFactory.Built built = new WorkerFactory(config, List.of(disk), any -> object, null).build(0);
            built.worker().onStart();
            while (one.responses() < 20 || other.responses() < 20) {
                built.worker().doWork();
            }
            assertEquals(7, built.counters().sessions.get());
            built.worker().onClose();
            assertEquals(0, built.counters().sessions.get());
        }
    }
}
