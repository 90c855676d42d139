package dev.diskcryptnet.agent;

import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.SealingSpeed;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Sealing alone: what the loop's TLS throughput is held against. */
@Command(
        name = "bench-crypt",
        description = {
            "Measures how fast one core seals TLS 1.3 records of 16 KiB, by engine and cipher suite.",
            "Data comes from and goes to memory near the core; nothing else is done with it."
        },
        mixinStandardHelpOptions = true)
final class BenchCryptCommand implements Callable<Integer> {
    private static final int TURNS = 5;
    private static final long TURN_NS = 40_000_000;

    @Option(names = "--json", description = "Print JSON.")
    boolean json;

    @Spec
    CommandSpec spec;

    private record Result(CryptEngine engine, CipherSuite suite, double gigabytesPerSecond) {}

    @Override
    public Integer call() {
        List<Result> results = new ArrayList<>();
        for (CryptEngine engine : CryptEngine.values()) {
            if (engine.isAvailable()) {
                for (CipherSuite suite : CipherSuite.values()) {
                    results.add(measure(engine, suite));
                }
            } else {
                spec.commandLine()
                        .getErr()
                        .println(engine.displayName() + " is not available: " + engine.libraryVersion());
            }
        }
        print(results);
        return results.isEmpty() ? ExitCode.FAILED : ExitCode.OK;
    }

    private static Result measure(CryptEngine engine, CipherSuite suite) {
        try (var speed = new SealingSpeed(engine, suite)) {
            for (int turn = 0; turn < TURNS; turn++) {
                speed.measure(TURN_NS);
            }
            return new Result(engine, suite, speed.best());
        }
    }

    private void print(List<Result> results) {
        PrintWriter out = spec.commandLine().getOut();
        String format = json
                ? "{\"engine\":\"%s\",\"version\":\"%s\",\"suite\":\"%s\",\"gigabytesPerSecond\":%.3f}"
                : "engine=%s version=%s suite=%s gigabytesPerSecond=%.3f";
        List<String> lines = results.stream()
                .map(result -> String.format(
                        Locale.ROOT,
                        format,
                        result.engine().displayName(),
                        result.engine().libraryVersion(),
                        result.suite(),
                        result.gigabytesPerSecond()))
                .toList();
        if (json) {
            out.println("{\"recordBytes\":" + SealingSpeed.RECORD_BYTES + ",\"results\":[" + String.join(",", lines)
                    + "]}");
        } else {
            lines.forEach(out::println);
        }
    }
}
