package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.handler.ssl.OpenSslSessionTicketKey;
import org.junit.jupiter.api.Test;

/** How long a key of session tickets is good. */
class TicketKeysTest {
    @Test
    void shouldSealWithANewKeyAndOpenWithTheLastOne() {
        TicketKeys keys = new TicketKeys();
        long nowNs = System.nanoTime();
        OpenSslSessionTicketKey[] first = keys.at(nowNs);
        assertSame(first, keys.at(nowNs + TicketKeys.ROTATION_NS / 2));
        OpenSslSessionTicketKey[] second = keys.at(nowNs + TicketKeys.ROTATION_NS);
        assertNotSame(first[0], second[0]);
        assertSame(first[0], second[1]);
        OpenSslSessionTicketKey[] third = keys.at(nowNs + 2 * TicketKeys.ROTATION_NS);
        assertEquals(2, third.length);
        assertSame(second[0], third[1]);
    }
}
