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

    private final Periodic looks;

    private CertificateWatch(Periodic looks) {
        this.looks = looks;
    }

    /** Starts looking. */
    static CertificateWatch start(List<TlsListener> listeners, Duration interval) {
        var looks = new Periodic("certificates", interval, () -> listeners.forEach(CertificateWatch::look));
        looks.start();
        return new CertificateWatch(looks);
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
        looks.close();
    }
}
