package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.load.LoadConfig;
import dev.diskcryptnet.load.PerfectClient;
import dev.diskcryptnet.load.PresetTls;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.netmap.Port;
import dev.diskcryptnet.tcp.TcpConfig;
import dev.diskcryptnet.tls.Handshake;
import dev.diskcryptnet.tls.HandshakePool;
import dev.diskcryptnet.tls.RecordStream;
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
    private final HandshakePool handshakes;

    /** What differs from test to test. */
    static final class Setup {
        LoadConfig load;
        BodyCheck check = BodyCheck.NONE;
        /** Makes the port whose far side is the client. */
        Function<PerfectClient, Port> ports = client -> new PeerPort("test", worker -> client);

        Timeouts timeouts = Timeouts.standard();
        long recordsPerKey = RecordStream.RECORDS_PER_KEY;
        /** Null for what the load has. */
        Handshake.Source handshakes;

        Setup(List<String> paths, int connections) {
            load = new LoadConfig(connections, paths, IpAddress.parse("192.0.2.1"), IpAddress.parse(SERVER), PORT, 1);
        }

        Setup check(BodyCheck check) {
            this.check = check;
            return this;
        }

        Setup ports(Function<PerfectClient, Port> ports) {
            this.ports = ports;
            return this;
        }

        Setup tls(PresetTls tls) {
            load = load.withTls(tls);
            return this;
        }
    }

    /** What most clients have. */
    static PresetTls tls() {
        return tls(TlsVersion.TLS_1_3, CipherSuite.AES_128_GCM);
    }

    /** With whatever engine is here. */
    static PresetTls tls(TlsVersion version, CipherSuite suite) {
        CryptEngine engine = CryptEngine.IPSEC_MB.isAvailable() ? CryptEngine.IPSEC_MB : CryptEngine.OPENSSL;
        return new PresetTls(version, suite, engine);
    }

    LoopBed(Disk disk, ObjectSource objects, List<String> paths, int connections, BodyCheck check) {
        this(disk, objects, new Setup(paths, connections).check(check));
    }

    LoopBed(Disk disk, ObjectSource objects, Setup setup) {
        client = new PerfectClient(setup.load, new CounterSet(Map.of()), setup.check);
        Port port = setup.ports.apply(client);
        PresetTls tls = setup.load.tls();
        var config = new AtlasConfig(
                List.of(new AtlasConfig.AtlasPort(port, IpConfig.parse(List.of(SERVER + "/24"), List.of()))),
                List.of(new AtlasConfig.Listener(PORT, setup.handshakes == null ? tls : setup.handshakes)),
                tls == null ? null : tls.engine(),
                1,
                List.of(),
                TcpConfig.forMtu(1500),
                setup.timeouts,
                false);
        handshakes = tls == null ? null : new HandshakePool(1, 4096);
        var factory = new WorkerFactory(config, List.of(disk), objects, handshakes);
        factory.recordsPerKey = setup.recordsPerKey;
        built = factory.build(0);
        built.worker().onStart();
    }

    void runUntil(BooleanSupplier reached) {
        for (int pass = 0; !reached.getAsBoolean(); pass++) {
            if (pass == MAX_PASSES) {
                throw new AssertionError(notReached("passes=" + pass));
            }
            built.worker().doWork();
        }
    }

    /** Waits between passes, as a worker does: for what takes time. The test's own time-out interrupts it. */
    void runPatientlyUntil(BooleanSupplier reached) {
        while (!reached.getAsBoolean()) {
            // A thread that went on would use descriptors that are closed by then, and belong to another test.
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError(notReached("interrupted"));
            }
            built.worker().idle(built.worker().doWork());
        }
    }

    private String notReached(String why) {
        return "not reached, " + why + ": responses=" + client.responses() + " bodyBytes=" + client.bodyBytes()
                + " errors=" + client.errors() + " connections=" + counter("dcn_http_connections");
    }

    long counter(String name, String label, String value) {
        return built.counterSet().counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .filter(counter -> value.equals(counter.descriptor().labels().get(label)))
                .mapToLong(counter -> counter.get())
                .sum();
    }

    long counter(String name) {
        return built.counterSet().counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .mapToLong(counter -> counter.get())
                .sum();
    }

    @Override
    public void close() {
        if (handshakes != null) {
            handshakes.close(); // first, as a node does
        }
        built.worker().onClose();
        client.close();
    }
}
