package dev.diskcryptnet.agent;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.diskmap.OpenMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A disk driver alone: how much it reads, and what that costs. */
@Command(
        name = "bench-disk",
        description = {
            "Reads disks with one thread, one after the other, and measures reads and processor time. It writes nothing.",
            "Processor time is the thread's own, and the whole machine's: interrupts and kernel threads are in that only."
        },
        mixinStandardHelpOptions = true)
final class BenchDiskCommand implements Callable<Integer> {
    private static final int MAX_DEPTH = 4096;
    private static final long MAX_MEMORY_BYTES = 1L << 30;

    @Option(
            names = {"-d", "--disk"},
            required = true,
            paramLabel = "DISK",
            description = {
                "URI of a disk, for example uring:/dev/nvme0n1, passthru:/dev/ng0n1 or vfio:0000:3b:00.0. Give it once for",
                "each disk to compare."
            })
    List<String> uris = new ArrayList<>();

    @Option(
            names = "--block",
            paramLabel = "SIZE",
            defaultValue = "4Ki",
            converter = VolumeFormatCommand.SizeConverter.class,
            description = "Bytes of each read; ${DEFAULT-VALUE} when not given.")
    long blockBytes;

    @Option(
            names = "--depth",
            paramLabel = "N",
            defaultValue = "64",
            description = "Reads in flight; ${DEFAULT-VALUE} when not given.")
    int depth;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "5",
            description = "How long to measure in each round; ${DEFAULT-VALUE} when not given.")
    int seconds;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "1",
            description = {
                "How often each disk has its turn; ${DEFAULT-VALUE} when not given. What else the machine does then changes",
                "less between disks."
            })
    int rounds;

    @Option(
            names = "--warmup",
            paramLabel = "S",
            defaultValue = "2",
            description = "Seconds of load before that; ${DEFAULT-VALUE} when not given.")
    int warmupSeconds;

    @Option(names = "--sequential", description = "One block behind the other; else anywhere on the disk.")
    boolean sequential;

    @Option(
            names = "--poll",
            description = "Look for completions without pause; else wait when there is none, as the agent's loop does.")
    boolean polls;

    @Option(names = "--json", description = "Print a line of JSON for each disk.")
    boolean json;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        require("--depth", depth, 1, MAX_DEPTH);
        require("--seconds", seconds, 1, Integer.MAX_VALUE);
        require("--warmup", warmupSeconds, 0, Integer.MAX_VALUE);
        require("--block", blockBytes, 1, MAX_MEMORY_BYTES / depth);
        require("--rounds", rounds, 1, Integer.MAX_VALUE);
        try (var opened = new ReleaseStack()) {
            List<DiskLoad> loads = new ArrayList<>();
            for (Disk disk : DiskOptions.open(uris, OpenMode.READ_ONLY, opened)) {
                loads.add(opened.add("queue of " + disk.facts().uri(), load(disk)));
            }
            loads.forEach(load -> load.run(warmupSeconds * 1_000_000_000L));
            DiskLoad.Result[] results = new DiskLoad.Result[loads.size()];
            for (int round = 0; round < rounds; round++) {
                for (int i = 0; i < results.length; i++) {
                    DiskLoad.Result result = loads.get(i).run(seconds * 1_000_000_000L);
                    results[i] = results[i] == null ? result : results[i].plus(result);
                }
            }
            for (int i = 0; i < results.length; i++) {
                print(loads.get(i).facts(), results[i]);
            }
        }
        return ExitCode.OK;
    }

    private void require(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(), option + "=" + value + " is not from " + least + " to " + most);
        }
    }

    private DiskLoad load(Disk disk) {
        try {
            return new DiskLoad(disk, (int) blockBytes, depth, sequential, polls);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void print(DiskFacts facts, DiskLoad.Result result) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("disk", text(facts.uri()));
        values.put("driver", text(facts.driver()));
        values.put("mode", text(facts.mode()));
        values.put("blockBytes", Long.toString(blockBytes));
        values.put("depth", Integer.toString(depth));
        values.put("pattern", text(sequential ? "sequential" : "random"));
        values.put("polls", Boolean.toString(polls));
        values.put("seconds", decimal(result.seconds()));
        values.put("operationsPerSecond", decimal(result.operations() / result.seconds()));
        values.put("megabytesPerSecond", decimal(result.operations() * blockBytes / 1e6 / result.seconds()));
        values.put("threadMicrosecondsPerOperation", perOperation(result.threadSeconds(), result));
        values.put("machineMicrosecondsPerOperation", perOperation(result.machineSeconds(), result));
        spec.commandLine()
                .getOut()
                .println(values.entrySet().stream()
                        .map(entry -> json
                                ? '"' + entry.getKey() + "\":" + entry.getValue()
                                : entry.getKey() + "=" + entry.getValue())
                        .collect(Collectors.joining(json ? "," : " ", json ? "{" : "", json ? "}" : "")));
    }

    private static String perOperation(double cpuSeconds, DiskLoad.Result result) {
        return decimal(cpuSeconds * 1e6 / Math.max(1, result.operations()));
    }

    private static String text(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
