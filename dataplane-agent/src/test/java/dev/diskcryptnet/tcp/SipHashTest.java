package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

class SipHashTest {
    /** Appendix A of the SipHash paper: key 00..0f, message 00..0e. */
    @Test
    void shouldMatchThePublishedVector() {
        SipHash hash = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
        assertEquals(0xa129ca6149be45e5L, hash.begin().word(0x0706050403020100L).end(0x0f0e0d0c0b0a0908L));
    }

    @Test
    void shouldDependOnEachPartOfATuple() {
        SipHash hash = new SipHash(1, 2);
        long all = hash.tuple(1, 2, 3, 4, 5, 6);
        assertEquals(all, hash.tuple(1, 2, 3, 4, 5, 6));
        assertNotEquals(all, hash.tuple(0, 2, 3, 4, 5, 6));
        assertNotEquals(all, hash.tuple(1, 0, 3, 4, 5, 6));
        assertNotEquals(all, hash.tuple(1, 2, 0, 4, 5, 6));
        assertNotEquals(all, hash.tuple(1, 2, 3, 0, 5, 6));
        assertNotEquals(all, hash.tuple(1, 2, 3, 4, 0, 6));
        assertNotEquals(all, hash.tuple(1, 2, 3, 4, 5, 0));
        assertNotEquals(all, new SipHash(1, 3).tuple(1, 2, 3, 4, 5, 6));
    }
}
