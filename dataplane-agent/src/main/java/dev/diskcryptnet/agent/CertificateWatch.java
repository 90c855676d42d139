package dev.diskcryptnet.agent;

import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at certificates on disk every few seconds, on a thread of its own. It reads them: times and links say nothing
 * certain, as Kubernetes swaps links and tools keep times.
 */
final class CertificateWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateWatch.class);

    private final List<TlsListener> listeners;
    private final Duration interval;
    private final Thread thread;

    private CertificateWatch(List<TlsListener> listeners, Duration interval) {
        this.listeners = listeners;
        this.interval = interval;
        this.thread = Thread.ofPlatform().daemon().name("certificates").unstarted(this::run);
    }

    /** Starts looking. */
    static CertificateWatch start(List<TlsListener> listeners, Duration interval) {
        var watch = new CertificateWatch(listeners, interval);
        watch.thread.start();
        return watch;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(interval);
                listeners.forEach(CertificateWatch::look);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A defect in one look must not end the watch: certificates would run out in silence. */
    private static void look(TlsListener listener) {
        try {
            listener.reload();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("port", listener.port()).log("certificates-look-failed");
        }
    }

    /** Returns when nobody looks any more. */
    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
