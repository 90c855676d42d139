package dev.diskcryptnet.e2e.onemachine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Takes away all that {@code dcn up} made, whatever state it is in; doing it twice does no harm. */
final class Teardown {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);

    private Teardown() {}

    /** @return whether there was anything to take away */
    static boolean run() {
        boolean found = exists();
        stopProcesses();
        Network.remove();
        delete(Site.STATE);
        delete(Site.DATA);
        return found;
    }

    static boolean exists() {
        return Network.exists() || Files.exists(Site.STATE) || Files.exists(Site.DATA);
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

    /** Deletes a directory, and its parent when that is empty then. */
    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
            try (Stream<Path> siblings = Files.list(directory.getParent())) {
                if (siblings.findAny().isEmpty()) {
                    Files.delete(directory.getParent());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete directory=" + directory, e);
        }
    }
}
