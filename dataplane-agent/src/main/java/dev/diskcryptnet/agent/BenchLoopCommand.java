package dev.diskcryptnet.agent;

import dev.diskcryptnet.atlas.AtlasConfig;
import dev.diskcryptnet.atlas.AtlasNode;
import dev.diskcryptnet.atlas.Timeouts;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.EngineChoice;
import dev.diskcryptnet.crypt.SealingSpeed;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.load.LoadConfig;
import dev.diskcryptnet.load.PerfectClient;
import dev.diskcryptnet.load.PresetTls;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.tcp.TcpConfig;
import dev.diskcryptnet.volume.FormatOptions;
import dev.diskcryptnet.volume.ObjectWriter;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.wire.IpAddress;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The loop alone: disk in memory, perfect client in the same thread, no kernel on the path. */
@Command(
        name = "bench-loop",
        description = {
            "Measures the loop by itself: one worker, a volume in memory, and a client inside the process; plain HTTP, or",
            "with --tls HTTPS.",
            "The disk's part is one copy by the processor of each byte, since memory has no DMA engine."
        },
        mixinStandardHelpOptions = true)
final class BenchLoopCommand implements Callable<Integer> {
    private static final String SERVER = "198.18.0.2";
    private static final String CLIENT = "198.18.0.1";
    private static final int OBJECT_BYTES = 300 * 1024;
    private static final int MTU_BYTES = 1500;
    private static final int PORT = 80;
    private static final int RAW_TURNS = 5;
    private static final long RAW_TURN_NS = 100_000_000;

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
            defaultValue = "8",
            description = {
                "Seconds of load before that; ${DEFAULT-VALUE} when not given. On one core the compiler takes its time",
                "from the loop, and needs about five of them."
            })
    int warmupSeconds;

    @Option(
            names = "--tls",
            description =
                    "TLS 1.3 records both ways, under keys that both ends know beforehand; the speed of sealing alone"
                            + " is measured first, for comparison.")
    boolean tls;

    @Option(
            names = "--suite",
            paramLabel = "SUITE",
            defaultValue = "aes-128-gcm",
            description = "With --tls: aes-128-gcm, aes-256-gcm or chacha20-poly1305; ${DEFAULT-VALUE} when not given.")
    String suite;

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            defaultValue = EngineChoice.AUTO,
            description = "With --tls: auto, ipsec-mb or openssl; ${DEFAULT-VALUE} when not given.")
    String engine;

    @Option(
            names = "--cached",
            description =
                    "With --tls: seal from where the disk's content lies, as it is done with what is in the page cache;"
                            + " then no copy stands for the disk.")
    boolean cached;

    @Option(
            names = "--frame-bytes",
            paramLabel = "BYTES",
            defaultValue = "65535",
            description =
                    "Longest frame, 8192 to 524280; ${DEFAULT-VALUE} when not given, as a network card's ring takes.")
    int frameBytes;

    @Option(
            names = "--slots",
            paramLabel = "N",
            defaultValue = "16",
            description = "Transmit slots, 8 to 8192; ${DEFAULT-VALUE} when not given, which a core's own cache holds.")
    int slots;

    @Option(names = "--json", description = "Print JSON.")
    boolean json;

    @Spec
    CommandSpec spec;

    /** What is sealed with, and how fast that is by itself. */
    private record Sealing(PresetTls tls, double rawGbitPerSecond) {}

    /** What came of a run. */
    private record Result(long bytes, long responses, double seconds, long errors) {}

    @Override
    public Integer call() throws Exception {
        requirePositive("--connections", connections);
        requirePositive("--objects", objects);
        requirePositive("--seconds", seconds);
        if (frameBytes < 8192 || frameBytes > 524_280) {
            throw new ParameterException(
                    spec.commandLine(), "--frame-bytes=" + frameBytes + " is not from 8192 to 524280");
        }
        if (slots < 8 || slots > 8192) {
            throw new ParameterException(spec.commandLine(), "--slots=" + slots + " is not from 8 to 8192");
        }
        Sealing sealing = tls ? sealing() : null;
        long volumeMiB = 256 + (long) objects * OBJECT_BYTES / (1 << 20) * 2;
        try (Disk disk = Disks.open("mem:" + volumeMiB + (cached ? "M?direct=0" : "M"), OpenMode.READ_WRITE)) {
            Volume.format(List.of(disk), FormatOptions.DEFAULT);
            try (Volume volume = Volume.open(List.of(disk), false)) {
                report(measure(disk, volume, ingest(volume), sealing == null ? null : sealing.tls()), sealing);
            }
        }
        return ExitCode.OK;
    }

    private void requirePositive(String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + "=" + value + " is not above 0");
        }
    }

    private Sealing sealing() {
        CipherSuite wanted = suite();
        CryptEngine chosen;
        try {
            chosen = EngineChoice.choose(engine).engine();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--engine: " + e.getMessage(), e);
        }
        try (var speed = new SealingSpeed(chosen, wanted)) {
            for (int turn = 0; turn < RAW_TURNS; turn++) {
                speed.measure(RAW_TURN_NS);
            }
            return new Sealing(new PresetTls(TlsVersion.TLS_1_3, wanted, chosen), speed.best() * Byte.SIZE);
        }
    }

    private CipherSuite suite() {
        for (CipherSuite known : CipherSuite.values()) {
            if (name(known).equals(suite)) {
                return known;
            }
        }
        throw new ParameterException(
                spec.commandLine(),
                "--suite=" + suite + " is none of "
                        + Arrays.stream(CipherSuite.values())
                                .map(BenchLoopCommand::name)
                                .collect(Collectors.joining(", ")));
    }

    private static String name(CipherSuite suite) {
        return suite.name().toLowerCase(Locale.ROOT).replace('_', '-');
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

    private Result measure(Disk disk, Volume volume, List<String> paths, PresetTls tls) throws Exception {
        var load = new LoadConfig(connections, paths, IpAddress.parse(CLIENT), IpAddress.parse(SERVER), PORT, 0)
                .withTls(tls);
        var client = new PerfectClient(load, new CounterSet(Map.of()), BodyCheck.NONE);
        var port = PeerPort.ofFrames("loop", slots, frameBytes, worker -> client);
        var config = new AtlasConfig(
                List.of(new AtlasConfig.AtlasPort(port, IpConfig.parse(List.of(SERVER + "/24"), List.of()))),
                List.of(new AtlasConfig.Listener(PORT, tls)),
                tls == null ? null : tls.engine(),
                1,
                List.of(),
                TcpConfig.forMtu(MTU_BYTES),
                Timeouts.standard(),
                false);
        try (client;
                AtlasNode node = AtlasNode.start(config, List.of(disk), volume::find, () -> {})) {
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
            return new Result(client.bodyBytes() - bytes, client.responses() - responses, elapsed, client.errors());
        }
    }

    private void report(Result result, Sealing sealing) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("connections", connections);
        values.put("gbitPerSecond", decimal(3, result.bytes() * 8e-9 / result.seconds()));
        if (sealing != null) {
            values.put("rawSealGbitPerSecond", decimal(3, sealing.rawGbitPerSecond()));
        }
        values.put("responsesPerSecond", decimal(1, result.responses() / result.seconds()));
        values.put("seconds", decimal(3, result.seconds()));
        values.put("errors", result.errors());
        if (sealing != null) {
            values.put("engine", sealing.tls().engine().displayName());
            values.put("suite", name(sealing.tls().suite()));
        }
        spec.commandLine().getOut().println(json ? json(values) : text(values));
    }

    private static BigDecimal decimal(int digits, double value) {
        return BigDecimal.valueOf(value).setScale(digits, RoundingMode.HALF_UP);
    }

    private static String json(Map<String, Object> values) {
        return values.entrySet().stream()
                .map(entry -> '"' + entry.getKey() + "\":"
                        + (entry.getValue() instanceof String text ? '"' + text + '"' : entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String text(Map<String, Object> values) {
        return values.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(" "));
    }
}
