package dev.diskcryptnet.agent;

import dev.diskcryptnet.crds.validation.ByteQuantity;
import dev.diskcryptnet.volume.ProgressListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How far long work has come, on standard error: on a terminal one line that is written over, at most ten times a
 * second; elsewhere a line for each object.
 */
final class Progress implements ProgressListener, AutoCloseable {
    private static final long REDRAW_NS = 100_000_000;
    private static final String ERASE_TO_END = "\033[K";

    private final PrintWriter err;
    private final boolean terminal;
    private final String verb;
    private final long totalBytes;
    private final long startNs = System.nanoTime();
    private long objectsSaid;
    private long drawnNs;
    private boolean drawn;

    /**
     * @param verb what is being done, for example {@code put}
     * @param totalBytes how much there is to do, or 0 when that is not known
     */
    Progress(PrintWriter err, boolean terminal, String verb, long totalBytes) {
        this.err = err;
        this.terminal = terminal;
        this.verb = verb;
        this.totalBytes = totalBytes;
    }

    /** Whether this process's standard error is a terminal. */
    static boolean onTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void onProgress(long objects, long bytes, String path) {
        if (!terminal) {
            if (objects > objectsSaid) {
                objectsSaid = objects;
                err.println(verb + " path=" + path);
            }
            return;
        }
        long nowNs = System.nanoTime();
        if (nowNs - drawnNs > REDRAW_NS) {
            drawnNs = nowNs;
            draw(objects, bytes, path, (nowNs - startNs) / 1e9);
        }
    }

    private void draw(long objects, long bytes, String path, double seconds) {
        String share = totalBytes == 0 ? "" : (100 * bytes / totalBytes) + " %  ";
        String rate = ByteQuantity.format((long) (bytes / Math.max(seconds, 1e-3))) + "/s";
        err.print("\r" + verb + "  " + share + objects + " objects  " + ByteQuantity.format(bytes) + "  " + rate + "  "
                + path + ERASE_TO_END);
        err.flush();
        drawn = true;
    }

    /** Removes the line from the terminal. */
    @Override
    public void close() {
        if (drawn) {
            err.print("\r" + ERASE_TO_END);
            err.flush();
        }
    }
}
