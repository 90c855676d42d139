package dev.diskcryptnet.tls;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A TLS listener's certificates, and where its handshakes come from. Thread-safe.
 *
 * <p>TLS 1.3 with its three common suites and TLS 1.2 with ECDHE and AES-GCM; ALPN {@code http/1.1}; session tickets.
 * No early data, no renegotiation, no client certificates.
 */
public final class TlsServer implements Handshake.Source, AutoCloseable {
    private final List<CertificateFiles> files;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    // Written under the write lock; engines are made under the read lock, so that no context goes while one is being
    // made.
    private List<TlsContext> contexts;
    private CertificateChoice choice;
    private OpenSslSessionTicketKey[] ticketKeys;
    private boolean closed;

    /** Only reloadIfChanged uses it. */
    private byte[] digest;
    /** Written by reloadIfChanged alone. */
    private volatile String refused;

    /**
     * Where a certificate lies.
     *
     * @param certificateChain PEM, the server's certificate first
     * @param privateKey PEM, RSA or EC, without a passphrase
     */
    public record CertificateFiles(Path certificateChain, Path privateKey) {}

    /**
     * A certificate in use.
     *
     * @param subject its distinguished name (RFC 2253)
     * @param names DNS names
     * @param notAfter when it, or one that it depends on, ends
     */
    public record CertificateFacts(String subject, List<String> names, Instant notAfter) {}

    /**
     * Reads the certificates.
     *
     * @param certificates at least one. The first is for clients that name no other's host; the others are for hosts
     * that
     *     their subject alternative names name
     * @throws TlsConfigException naming the file that cannot be used, and the remedy
     */
    public TlsServer(List<CertificateFiles> certificates) {
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException("certificates=[]: a TLS listener needs at least one");
        }
        OpenSsl.ensureAvailability();
        files = List.copyOf(certificates);
        ticketKeys = TicketKeys.SHARED.at(System.nanoTime());
        List<PemFiles> contents = readFiles();
        try {
            digest = digest(contents);
            contexts = makeContexts(contents);
            choice = new CertificateChoice(contexts);
        } finally {
            contents.forEach(PemFiles::close);
        }
    }

    private List<PemFiles> readFiles() {
        List<PemFiles> contents = new ArrayList<>();
        for (CertificateFiles certificate : files) {
            contents.add(PemFiles.read(certificate));
        }
        return contents;
    }

    private static byte[] digest(List<PemFiles> contents) {
        MessageDigest all = PemFiles.sha256();
        contents.forEach(content -> all.update(content.digest()));
        return all.digest();
    }

    private List<TlsContext> makeContexts(List<PemFiles> contents) {
        List<TlsContext> made = new ArrayList<>();
        try {
            for (PemFiles content : contents) {
                made.add(new TlsContext(ServerCertificate.read(content), ticketKeys));
            }
            return List.copyOf(made);
        } catch (RuntimeException e) {
            made.forEach(TlsContext::close);
            throw e;
        }
    }

    /** A handshake for a new connection. It takes no memory outside the heap until a ClientHello is there. */
    @Override
    public Handshake newHandshake() {
        return new ServerHandshake(this);
    }

    /** The engine for a client. @throws IllegalStateException after {@link #close()} */
    HandshakeEngine newEngine(ClientHello hello) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("closed");
            }
            return new HandshakeEngine(choice.choose(hello).newEngine());
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Looks at the files' contents, and uses them from the next handshake on if they have changed; connections and
     * handshakes under way go on as they are. Also takes the keys of session tickets that are due. One thread; every
     * few seconds.
     *
     * @return whether other certificates are in use now
     * @throws TlsConfigException when the new content cannot be used: the old one stays. It is thrown once for one
     * fault
     */
    public boolean reloadIfChanged() {
        rotateTicketKeys();
        try {
            boolean changed = reload();
            refused = null;
            return changed;
        } catch (TlsConfigException e) {
            if (e.getMessage().equals(refused)) {
                return false;
            }
            refused = e.getMessage();
            throw e;
        }
    }

    /** Why what the files hold now is not in use, as {@link #reloadIfChanged} last saw it; null when it is. */
    public String refused() {
        return refused;
    }

    private boolean reload() {
        List<PemFiles> contents = readFiles();
        try {
            byte[] now = digest(contents);
            if (MessageDigest.isEqual(now, digest)) {
                return false;
            }
            use(makeContexts(contents));
            digest = now;
            return true;
        } finally {
            contents.forEach(PemFiles::close);
        }
    }

    private void use(List<TlsContext> made) {
        List<TlsContext> old;
        lock.writeLock().lock();
        try {
            old = closed ? made : contexts;
            if (!closed) {
                contexts = made;
                choice = new CertificateChoice(made);
            }
        } finally {
            lock.writeLock().unlock();
        }
        old.forEach(TlsContext::close);
    }

    private void rotateTicketKeys() {
        OpenSslSessionTicketKey[] now = TicketKeys.SHARED.at(System.nanoTime());
        if (now == ticketKeys) {
            return;
        }
        lock.writeLock().lock();
        try {
            ticketKeys = now;
            if (!closed) {
                contexts.forEach(context -> context.setTicketKeys(now));
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The certificates in use, in the order in which they were given. */
    public List<CertificateFacts> certificates() {
        lock.readLock().lock();
        try {
            return contexts.stream()
                    .map(TlsContext::certificate)
                    .map(certificate ->
                            new CertificateFacts(certificate.subject(), certificate.names(), certificate.notAfter()))
                    .toList();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Lets go of the certificates. Handshakes under way go on; those that have not begun fail. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                contexts.forEach(TlsContext::close);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
