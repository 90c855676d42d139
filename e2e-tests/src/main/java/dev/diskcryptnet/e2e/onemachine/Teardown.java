package dev.diskcryptnet.e2e.onemachine;

import dev.diskcryptnet.e2e.onemachine.api.RelayProcess;
import dev.diskcryptnet.e2e.onemachine.runner.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Takes away all that {@code dcn up} made, whatever state it is in; doing it twice does no harm. */
final class Teardown {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);
    private static final int DELETE_ATTEMPTS = 40;
    private static final String JOURNAL = "devices.json";

    private final Site site;

    Teardown(Site site) {
        this.site = site;
    }

    /** @return whether there was anything to take away */
    boolean run() {
        boolean found = exists();
        // While the operator and the node runner are there to let go of what is theirs.
        GivenRemoval.run();
        // First who would start again what is ended here.
        Part.NODE_RUNNER.find().ifPresent(ProcessHandle::destroyForcibly);
        stopProcesses();
        releaseDevices();
        Network.remove();
        removeWay();
        delete(Site.STATE);
        delete(Site.DATA);
        return found;
    }

    /** The way out of the control plane's namespace ends with its half in there. */
    private static void removeWay() {
        long deadlineNs = System.nanoTime() + STOP_LIMIT.toNanos();
        while (relays().findAny().isPresent()) {
            if (System.nanoTime() - deadlineNs > 0) {
                relays().forEach(ProcessHandle::destroyForcibly);
            }
            pause();
        }
        if (Files.exists(Site.CONTROL_FILES)) {
            delete(Site.CONTROL_FILES);
        }
    }

    private static Stream<ProcessHandle> relays() {
        return ProcessHandle.allProcesses().filter(process -> {
            try {
                return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
                        .contains("\0" + RelayProcess.class.getName() + "\0--socket=" + Site.GIVEN_SOCKET + "\0");
            } catch (IOException e) {
                // It has ended meanwhile.
                return false;
            }
        });
    }

    static boolean exists() {
        return !Network.namespaces().isEmpty() || Files.exists(Site.STATE) || Files.exists(Site.DATA);
    }

    private static void stopProcesses() {
        signal(Network.processes(), false);
        long deadlineNs = System.nanoTime() + STOP_LIMIT.toNanos();
        while (!Network.processes().isEmpty()) {
            if (System.nanoTime() - deadlineNs > 0) {
                signal(Network.processes(), true);
            }
            pause();
        }
    }

    private static void signal(List<Long> pids, boolean forcibly) {
        for (long pid : pids) {
            ProcessHandle.of(pid).ifPresent(handle -> {
                if (forcibly) {
                    handle.destroyForcibly();
                } else {
                    handle.destroy();
                }
            });
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OneMachineException("interrupted while stopping; run ./dcn down again");
        }
    }

    /** An agent that was killed left its devices as it had made them; its journal says what they were. */
    private void releaseDevices() {
        if (!Files.isDirectory(Site.DATA) || !Files.isExecutable(site.agent())) {
            return;
        }
        List<Path> journals;
        try (Stream<Path> files = Files.walk(Site.DATA)) {
            journals = files.filter(file -> file.getFileName().toString().equals(JOURNAL))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look for journals in directory=" + Site.DATA, e);
        }
        for (Path journal : journals) {
            release(journal);
        }
    }

    private void release(Path journal) {
        String netns = netnsOf(journal);
        Run.Result released = Run.quietly(
                "ip",
                "netns",
                "exec",
                netns,
                site.agent().toString(),
                "release",
                "--state-directory",
                journal.getParent().toString());
        if (!released.ok()) {
            throw new OneMachineException(
                    "devices were not all given back; mend what it says and run ./dcn down again:\n"
                            + released.output().strip());
        }
    }

    private static String netnsOf(Path journal) {
        for (int i = 0; i < Site.MAX_MACHINES; i++) {
            if (journal.startsWith(Site.machine(i).state())) {
                return Site.machine(i).netns();
            }
        }
        return Site.NAMESPACE;
    }

    /**
     * Deletes a directory, and its parent when that is empty then. Another {@code down} may be at it as well, and a
     * process that was just ended may have made a file on its way: hence several tries.
     */
    private static void delete(Path directory) {
        IOException last = null;
        for (int attempt = 0; attempt < DELETE_ATTEMPTS; attempt++) {
            try {
                Trees.delete(directory);
                deleteIfEmpty(directory.getParent());
                return;
            } catch (IOException e) {
                last = e;
                pause();
            }
        }
        throw new UncheckedIOException("cannot delete directory=" + directory + ": " + last, last);
    }

    private static void deleteIfEmpty(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        boolean empty;
        try (Stream<Path> entries = Files.list(directory)) {
            empty = entries.findAny().isEmpty();
        }
        if (empty) {
            Files.deleteIfExists(directory);
        }
    }
}
