package dev.diskcryptnet.tls;

import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;

/**
 * The keys of session tickets, one set for the process: a ticket is good at every listener, and after certificates were
 * loaded again.
 *
 * <p>A TLS 1.2 ticket holds what opens its connection's records, so that no key lasts long: the first seals and opens,
 * the one before it still opens, older ones are gone.
 */
final class TicketKeys {
    /** For how long a key seals. */
    static final long ROTATION_NS = TimeUnit.HOURS.toNanos(12);

    /** The process's own. */
    static final TicketKeys SHARED = new TicketKeys();

    private final SecureRandom random = new SecureRandom();
    private OpenSslSessionTicketKey[] keys = {newKey()};
    private long sinceNs = System.nanoTime();

    /** The keys to use at {@code nowNs}: the same array until they change. */
    synchronized OpenSslSessionTicketKey[] at(long nowNs) {
        if (nowNs - sinceNs >= ROTATION_NS) {
            keys = new OpenSslSessionTicketKey[] {newKey(), keys[0]};
            sinceNs = nowNs;
        }
        return keys;
    }

    private OpenSslSessionTicketKey newKey() {
        return new OpenSslSessionTicketKey(
                bytes(OpenSslSessionTicketKey.NAME_SIZE),
                bytes(OpenSslSessionTicketKey.HMAC_KEY_SIZE),
                bytes(OpenSslSessionTicketKey.AES_KEY_SIZE));
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
