package dev.diskcryptnet.tcp;

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over 64-bit words: a keyed hash that a remote host cannot steer, for the
 * connection table and for initial sequence numbers (RFC 6528 3). The JDK has none.
 *
 * <p>Use: {@link #begin}, {@link #word} for each full little-endian word, {@link #end} with the last one. Not for
 * several threads.
 */
final class SipHash {
    private final long key0;
    private final long key1;
    private long v0;
    private long v1;
    private long v2;
    private long v3;

    SipHash(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    SipHash begin() {
        v0 = key0 ^ 0x736f6d6570736575L;
        v1 = key1 ^ 0x646f72616e646f6dL;
        v2 = key0 ^ 0x6c7967656e657261L;
        v3 = key1 ^ 0x7465646279746573L;
        return this;
    }

    SipHash word(long word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
        return this;
    }

    /**
     * @param lastWord up to seven remaining bytes, little-endian, with the message length modulo 256 in the top byte
     * @return the hash
     */
    long end(long lastWord) {
        word(lastWord);
        v2 ^= 0xFF;
        round();
        round();
        round();
        round();
        return v0 ^ v1 ^ v2 ^ v3;
    }

    /** Hash of a connection's addresses and ports: 36 bytes. */
    long tuple(long localHigh, long localLow, long remoteHigh, long remoteLow, int localPort, int remotePort) {
        long ports = (localPort & 0xFFFFL) << 16 | remotePort & 0xFFFFL;
        return begin().word(localHigh)
                .word(localLow)
                .word(remoteHigh)
                .word(remoteLow)
                .end(36L << 56 | ports);
    }

    private void round() {
        v0 += v1;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v3;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v2 = Long.rotateLeft(v2, 32);
    }
}
