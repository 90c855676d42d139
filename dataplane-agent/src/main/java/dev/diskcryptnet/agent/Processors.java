package dev.diskcryptnet.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which processor each worker is pinned to. */
final class Processors {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String ALLOWED = "Cpus_allowed_list:";

    private Processors() {}

    /**
     * Chooses: those asked for, else the allowed ones when they belong to the workers alone, else the kernel's choice.
     *
     * @param wanted from the command line, or empty
     * @return one for each worker, or empty to leave the choice to the kernel
     */
    static List<Integer> choose(List<Integer> wanted, int workers, boolean dedicated) {
        if (wanted.isEmpty() && !dedicated) {
            return List.of();
        }
        return choose(wanted, workers, allowed());
    }

    /** As above, among the processors {@code allowed}. */
    static List<Integer> choose(List<Integer> wanted, int workers, List<Integer> allowed) {
        for (int cpu : wanted) {
            if (!allowed.contains(cpu)) {
                throw new CommandException(
                        ExitCode.USAGE, "--cpus: cpu=" + cpu + " is not allowed to this process; allowed=" + allowed);
            }
        }
        List<Integer> from =
                wanted.isEmpty() ? allowed : wanted.stream().distinct().toList();
        if (from.size() < workers) {
            String what = wanted.isEmpty() ? "this process may use cpus=" : "--cpus names ";
            throw new CommandException(
                    ExitCode.USAGE,
                    what + from + ", fewer than workers.count=" + workers + "; give more processors or fewer workers");
        }
        return List.copyOf(from.subList(0, workers));
    }

    private static List<Integer> allowed() {
        try (var lines = Files.lines(STATUS)) {
            String list =
                    lines.filter(line -> line.startsWith(ALLOWED)).findFirst().orElseThrow();
            return parse(list.substring(ALLOWED.length()).trim());
        } catch (IOException e) {
            throw new CommandException(ExitCode.FAILED, "file=" + STATUS + " cannot be read: " + e, e);
        }
    }

    /** Reads the kernel's list syntax, for example {@code 0-3,8}. */
    static List<Integer> parse(String list) {
        List<Integer> cpus = new ArrayList<>();
        for (String part : list.split(",")) {
            String[] ends = part.split("-");
            for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++) {
                cpus.add(cpu);
            }
        }
        return cpus;
    }
}
