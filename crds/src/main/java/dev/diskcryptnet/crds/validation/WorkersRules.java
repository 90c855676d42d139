package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.WorkersSpec;
import java.util.OptionalLong;

/** The rules of {@code workers}. */
final class WorkersRules {
    private WorkersRules() {}

    static void check(Problems problems, WorkersSpec workers) {
        if (workers == null) {
            return;
        }
        problems.range("workers.count", workers.count, Limits.MIN_WORKERS, Limits.MAX_WORKERS);
        OptionalLong buffers = bytes(problems, "workers.bufferMemory", workers.bufferMemory);
        OptionalLong pages = bytes(problems, "workers.hugepages", workers.hugepages);
        int count = count(workers);
        if (buffers.isPresent() && count > 0) {
            checkBuffers(problems, workers.bufferMemory, buffers.getAsLong(), count);
        }
        if (pages.isPresent()) {
            checkHugePages(problems, workers, pages.getAsLong(), buffers);
        }
    }

    /** Workers, the default when not given. */
    static int count(WorkersSpec workers) {
        return workers == null || workers.count == null ? Limits.DEFAULT_WORKERS : workers.count;
    }

    private static void checkBuffers(Problems problems, String text, long bytes, int count) {
        if (bytes / count < Limits.MIN_WORKER_BUFFER_BYTES || bytes / count > Limits.MAX_WORKER_BUFFER_BYTES) {
            String bounds = ByteQuantity.format(count * Limits.MIN_WORKER_BUFFER_BYTES) + " to "
                    + ByteQuantity.format(count * Limits.MAX_WORKER_BUFFER_BYTES);
            problems.add("workers.bufferMemory", "=" + text + " does not suit " + count + " workers; write " + bounds);
        }
    }

    private static void checkHugePages(Problems problems, WorkersSpec workers, long bytes, OptionalLong buffers) {
        if (bytes == 0 || bytes % Limits.HUGE_PAGE_BYTES != 0) {
            problems.add(
                    "workers.hugepages",
                    "=" + workers.hugepages
                            + " is no number of huge pages; write a multiple of 2Mi, like 512Mi or 1Gi");
        }
        if (buffers.isPresent() && buffers.getAsLong() > bytes) {
            problems.add(
                    "workers.hugepages",
                    "=" + workers.hugepages + " is less than bufferMemory=" + workers.bufferMemory
                            + ", which it must hold; write at least as much");
        }
    }

    private static OptionalLong bytes(Problems problems, String path, String text) {
        if (text == null) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(ByteQuantity.parse(text));
        } catch (IllegalArgumentException e) {
            problems.add(path, " '" + text + "' " + e.getMessage());
            return OptionalLong.empty();
        }
    }
}
