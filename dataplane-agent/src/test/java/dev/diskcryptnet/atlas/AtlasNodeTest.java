package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AtlasNodeTest {
    private static AtlasConfig config(PerfectClient client) {
        var port = new AtlasConfig.AtlasPort(
                new PeerPort("test", worker -> client), IpConfig.parse(List.of("192.0.2.2/24"), List.of()));
        return new AtlasConfig(
                List.of(port),
                List.of(AtlasConfig.Listener.plain(80)),
                null,
                1,
                List.of(),
                TcpConfig.forMtu(1500),
                Timeouts.standard(),
                false);
    }

    private static PerfectClient client() {
        var load = new LoadConfig(3, List.of("/a"), IpAddress.parse("192.0.2.1"), IpAddress.parse("192.0.2.2"), 80, 0);
        return new PerfectClient(load, new CounterSet(Map.of()), BodyCheck.NONE);
    }

    @Test
    void shouldSayWhyAWorkerStoppedAndLetItsConnectionsGo() throws InterruptedException {
        var cause = new IllegalStateException("the test's own");
        var failed = new CountDownLatch(1);
        ObjectSource throwing = path -> {
            throw cause;
        };
        try (Disk disk = Disks.open("mem:1M?seed=7", OpenMode.READ_ONLY);
                AtlasNode node = AtlasNode.start(config(client()), List.of(disk), throwing, failed::countDown)) {
            assertTrue(failed.await(10, TimeUnit.SECONDS));
            assertSame(cause, node.failure().cause());
            assertTrue(node.drain(Duration.ofSeconds(5)), "connections=" + node.connections());
        }
    }

    @Test
    void shouldResetWhatDoesNotEndInTime() throws InterruptedException {
        var object = new PatternObject("/a", 0, 1L << 40);
        PerfectClient client = client();
        try (Disk disk = Disks.open("mem:2048G?seed=7", OpenMode.READ_ONLY)) {
            AtlasNode node = AtlasNode.start(config(client), List.of(disk), path -> object, () -> {});
            while (client.bodyBytes() < 10_000_000) {
                Thread.sleep(1);
            }
            assertFalse(node.drain(Duration.ofMillis(50)));
            assertEquals(3, node.connections());
            node.cutOff();
            assertEquals(0, node.connections());
            node.cutOff();
            node.close();
            assertEquals(0, node.connections());
            assertEquals(0, object.leases.get());
            // The three that were reset; their attempts to come back were refused, which is no error.
            assertEquals(3, client.errors());
        }
    }
}
