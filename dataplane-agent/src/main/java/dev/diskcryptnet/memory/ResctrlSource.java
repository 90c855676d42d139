package dev.diskcryptnet.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Memory bandwidth monitoring by resctrl (Linux Documentation/filesystems/resctrl.rst, "mon_data"): bytes that an L3
 * cache moved for the tasks of a group. In Sub-NUMA Cluster mode the files of {@code mon_L3_XX} are the sums of its nodes.
 *
 * <p>Domains come and go with the processors; one that is back counts on from where it is found.
 */
final class ResctrlSource implements MemorySource {
    static final String NAME = "resctrl";
    private static final Pattern DOMAIN = Pattern.compile("mon_L3_\\d+");
    private static final Pattern ANY = Pattern.compile(".*");
    private static final Map<Direction, String> EVENTS =
            Map.of(Direction.TOTAL, "mbm_total_bytes", Direction.LOCAL, "mbm_local_bytes");

    private final Path root;
    /** Our own group; null for everybody's. */
    private final Path own;

    private final Map<String, Map<Direction, RisingTotal>> totals = new TreeMap<>();

    private ResctrlSource(Path root, Path own) {
        this.root = root;
        this.own = own;
        read();
    }

    /** Counts for everybody. @throws SourceException when resctrl does not monitor bandwidth here */
    static ResctrlSource ofMachine(Path root) throws SourceException {
        requireMonitoring(root);
        return new ResctrlSource(root, null);
    }

    /**
     * Makes a monitoring group, and moves the process into it: its threads of now, whose children follow them.
     *
     * @param name of the group
     * @param tasks directory of the process's threads, as {@code /proc/self/task}
     * @throws SourceException when resctrl does not monitor bandwidth here, or gives no group
     */
    static ResctrlSource ofProcess(Path root, String name, Path tasks) throws SourceException {
        requireMonitoring(root);
        Path group = root.resolve("mon_groups").resolve(name);
        try {
            if (Files.isDirectory(group)) {
                Files.delete(group); // an agent of that name that was killed has left it
            }
            Files.createDirectory(group);
        } catch (IOException e) {
            throw new SourceException(
                    "resctrl gives no monitoring group " + group + " (" + e
                            + "); mount /sys/fs/resctrl read-write, and look whether others use all RMIDs (info/L3_MON/num_rmids)");
        }
        try {
            join(group, tasks);
        } catch (IOException e) {
            remove(group);
            throw new SourceException("the agent's threads cannot join " + group + ": " + e);
        }
        return new ResctrlSource(root, group);
    }

    private static void requireMonitoring(Path root) throws SourceException {
        if (!Files.isDirectory(root.resolve("info"))) {
            throw new SourceException("resctrl is not mounted at " + root
                    + "; on processors with Intel RDT or AMD QoS run: mount -t resctrl resctrl " + root);
        }
        Path features = root.resolve("info/L3_MON/mon_features");
        try {
            if (Files.readAllLines(features).stream().noneMatch(EVENTS::containsValue)) {
                throw new SourceException(
                        "resctrl does not count memory bandwidth on this processor (" + features + ")");
            }
        } catch (IOException e) {
            throw new SourceException("resctrl monitors nothing on this processor: there is no " + features);
        }
    }

    /** Threads that begin meanwhile belong to one that is in the list. */
    private static void join(Path group, Path tasks) throws IOException {
        for (Path task : SysFiles.directories(tasks, ANY)) {
            try {
                Files.writeString(group.resolve("tasks"), task.getFileName() + "\n");
            } catch (IOException e) {
                if (Files.exists(task)) { // else it has ended
                    throw e;
                }
            }
        }
    }

    private static void remove(Path group) {
        try {
            Files.deleteIfExists(group);
        } catch (IOException e) {
            // It stays until the next agent of this name, and costs one RMID.
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Scope scope() {
        return own == null ? Scope.MACHINE : Scope.AGENT;
    }

    @Override
    public List<Reading> read() {
        if (own != null) {
            update("", own);
        } else {
            // A control group's figures contain those of its monitoring groups, the root group's not the other groups'.
            update("", root);
            for (Path group : SysFiles.directories(root, ANY)) {
                update(group.getFileName() + "/", group);
            }
        }
        return sums();
    }

    private void update(String prefix, Path group) {
        for (Path domain : SysFiles.directories(group.resolve("mon_data"), DOMAIN)) {
            Map<Direction, RisingTotal> counters =
                    totals.computeIfAbsent(prefix + domain.getFileName(), any -> new TreeMap<>());
            EVENTS.forEach((direction, file) -> {
                OptionalLong value = SysFiles.number(domain.resolve(file));
                counters.computeIfAbsent(direction, any -> new RisingTotal()).update(value);
            });
        }
    }

    /** Of all groups, by domain. A group that is gone keeps what it had. */
    private List<Reading> sums() {
        Map<String, Map<Direction, Long>> sums = new TreeMap<>();
        totals.forEach((place, counters) -> counters.forEach((direction, total) -> {
            if (total.begun()) {
                String domain = "L3-" + Integer.parseInt(place.substring(place.lastIndexOf('_') + 1));
                sums.computeIfAbsent(domain, any -> new TreeMap<>()).merge(direction, total.total(), Long::sum);
            }
        }));
        return MemorySource.readings(sums);
    }

    /** Its tasks go back to the group that they came from. */
    @Override
    public void close() {
        if (own != null) {
            remove(own);
        }
    }
}
