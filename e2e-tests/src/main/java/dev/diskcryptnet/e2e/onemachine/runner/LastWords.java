package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.Container;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a container leaves to say why it ended. Containers here see this computer's /dev, which has no termination log; the
 * environment's DCN_TERMINATION_LOG names a file instead, and the agent looks there first.
 */
final class LastWords {
    /** Names the file to the container. */
    static final String ENVIRONMENT_VARIABLE = "DCN_TERMINATION_LOG";

    /** As the kubelet has them. */
    private static final int MAX_BYTES = 4096;

    private static final int MAX_LOG_BYTES = 2048;

    private final Path file;
    private final Path log;
    private final boolean fallsBack;
    private long logStart;

    LastWords(Container container, Path file, Path log) {
        this.file = file;
        this.log = log;
        this.fallsBack = "FallbackToLogsOnError".equals(container.getTerminationMessagePolicy());
    }

    /** The container is about to start. */
    void begin() throws IOException {
        Files.deleteIfExists(file);
        logStart = Files.exists(log) ? Files.size(log) : 0;
    }

    /** What it has said; null for nothing. */
    String read(int exitCode) {
        try {
            String said = Files.exists(file) ? tail(file, 0, MAX_BYTES) : "";
            if (said.isEmpty() && fallsBack && exitCode != 0 && Files.exists(log)) {
                said = tail(log, logStart, MAX_LOG_BYTES);
            }
            return said.isEmpty() ? null : said;
        } catch (IOException e) {
            return "its last words cannot be read: " + e;
        }
    }

    private static String tail(Path source, long from, int mostBytes) throws IOException {
        try (var open = new RandomAccessFile(source.toFile(), "r")) {
            long start = Math.max(from, open.length() - mostBytes);
            var bytes = new byte[(int) Math.max(0, open.length() - start)];
            open.seek(start);
            open.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
