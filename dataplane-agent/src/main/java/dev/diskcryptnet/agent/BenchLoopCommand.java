package dev.diskcryptnet.agent;

import dev.diskcryptnet.atlas.AtlasConfig;
import dev.diskcryptnet.atlas.AtlasNode;
import dev.diskcryptnet.atlas.Timeouts;
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
import dev.diskcryptnet.volume.FormatOptions;
import dev.diskcryptnet.volume.ObjectWriter;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.wire.IpAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The loop alone: disk in memory, perfect client in the same thread, no kernel on the path. */
@Command(
        name = "bench-loop",
        description = {
            "Measures the loop by itself: one worker, a volume in memory, and a client inside the process.",
            "The disk's part is one copy by the processor of each byte, since memory has no DMA engine."
        },
        mixinStandardHelpOptions = true)
final class BenchLoopCommand implements Callable<Integer> {
    private static final String SERVER = "198.18.0.2";
    private static final String CLIENT = "198.18.0.1";
    private static final int OBJECT_BYTES = 300 * 1024;
    private static final int MTU_BYTES = 1500;
    private static final int PORT = 80;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "64",
            description = "Connections kept open; ${DEFAULT-VALUE} when not given.")
    int connections;

    @Option(
            names = "--objects",
            paramLabel = "N",
            defaultValue = "64",
            description = "Objects of 300 KiB to serve; ${DEFAULT-VALUE} when not given.")
    int objects;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "5",
            description = "How long to measure; ${DEFAULT-VALUE} when not given.")
    int seconds;

    @Option(
            names = "--warmup",
            paramLabel = "S",
            defaultValue = "2",
            description = "Seconds of load before that; ${DEFAULT-VALUE} when not given.")
    int warmupSeconds;

    @Option(names = "--json", description = "Print JSON.")
    boolean json;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        requirePositive("--connections", connections);
        requirePositive("--objects", objects);
        requirePositive("--seconds", seconds);
        long volumeMiB = 256 + (long) objects * OBJECT_BYTES / (1 << 20) * 2;
        try (Disk disk = Disks.open("mem:" + volumeMiB + "M", OpenMode.READ_WRITE)) {
            Volume.format(List.of(disk), FormatOptions.DEFAULT);
            try (Volume volume = Volume.open(List.of(disk), false)) {
                measure(disk, volume, ingest(volume));
            }
        }
        return ExitCode.OK;
    }

    private void requirePositive(String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + "=" + value + " is not above 0");
        }
    }

    private List<String> ingest(Volume volume) {
        List<String> paths = new ArrayList<>();
        byte[] content = new byte[OBJECT_BYTES];
        var random = new Random(1);
        for (int i = 0; i < objects; i++) {
            String path = "/bench/" + i;
            random.nextBytes(content);
            try (ObjectWriter writer = volume.create(path, "application/octet-stream", 0, OBJECT_BYTES)) {
                writer.write(ByteBuffer.wrap(content));
                writer.commit();
            }
            paths.add(path);
        }
        return paths;
    }

    private void measure(Disk disk, Volume volume, List<String> paths) throws Exception {
        var load = new LoadConfig(connections, paths, IpAddress.parse(CLIENT), IpAddress.parse(SERVER), PORT, 0);
        var client = new PerfectClient(load, new CounterSet(Map.of()), BodyCheck.NONE);
        var port = new PeerPort("loop", worker -> client);
        var config = new AtlasConfig(
                List.of(new AtlasConfig.AtlasPort(port, IpConfig.parse(List.of(SERVER + "/24"), List.of()))),
                List.of(AtlasConfig.Listener.plain(PORT)),
                null,
                1,
                List.of(),
                TcpConfig.forMtu(MTU_BYTES),
                Timeouts.standard());
        try (AtlasNode node = AtlasNode.start(config, List.of(disk), volume::find, () -> {})) {
            Thread.sleep(warmupSeconds * 1_000L);
            long bytes = client.bodyBytes();
            long responses = client.responses();
            long startNs = System.nanoTime();
            Thread.sleep(seconds * 1_000L);
            double elapsed = (System.nanoTime() - startNs) * 1e-9;
            if (node.failure() != null) {
                throw new IllegalStateException(
                        "the loop stopped by itself", node.failure().cause());
            }
            report(client.bodyBytes() - bytes, client.responses() - responses, elapsed, client.errors());
        }
    }

    private void report(long bytes, long responses, double elapsed, long errors) {
        double gbitPerSecond = bytes * 8e-9 / elapsed;
        String format = json
                ? "{\"connections\":%d,\"gbitPerSecond\":%.3f,\"responsesPerSecond\":%.1f,\"seconds\":%.3f,\"errors\":%d}"
                : "connections=%d gbitPerSecond=%.3f responsesPerSecond=%.1f seconds=%.3f errors=%d";
        spec.commandLine()
                .getOut()
                .println(format.formatted(connections, gbitPerSecond, responses / elapsed, elapsed, errors));
    }
}
