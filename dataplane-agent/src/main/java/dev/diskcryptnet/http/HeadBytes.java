package dev.diskcryptnet.http;

import org.agrona.DirectBuffer;

/** What is asked of a head's bytes before the codec sees them: where it ends, and whether it is unambiguous. */
final class HeadBytes {
    private static final long LINE_FEEDS = 0x0a0a0a0a0a0a0a0aL;
    private static final long LOW_BITS = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

    private HeadBytes() {}

    /**
     * Skips the empty lines that a client may send before a request (RFC 9112 2.2).
     *
     * @return index of the first other byte, {@code limit} if there is none, the index of a CR that may begin one more
     *     empty line, or -1 when a CR stands alone
     */
    static int skipEmptyLines(DirectBuffer buffer, int offset, int limit) {
        int i = 0;
        while (i < limit) {
            byte b = buffer.getByte(offset + i);
            if (b == '\n') {
                i++;
            } else if (b == '\r' && i + 1 < limit) {
                if (buffer.getByte(offset + i + 1) != '\n') {
                    return -1;
                }
                i += 2;
            } else {
                return i;
            }
        }
        return i;
    }

    /** RFC 9110 5.6.2. */
    static boolean isTokenCharacter(byte b) {
        return b >= 'a' && b <= 'z'
                || b >= 'A' && b <= 'Z'
                || b >= '0' && b <= '9'
                || b > ' ' && TOKEN_PUNCTUATION.indexOf(b) >= 0;
    }

    /** Index of the first LF in [from, limit), or -1. Eight bytes at a time, as a head may be offered many times over. */
    static int indexOfLineFeed(DirectBuffer buffer, int offset, int from, int limit) {
        int i = from;
        for (; i + Long.BYTES <= limit; i += Long.BYTES) {
            long word = buffer.getLong(offset + i, java.nio.ByteOrder.LITTLE_ENDIAN) ^ LINE_FEEDS;
            long zeroes = (word - LOW_BITS) & ~word & HIGH_BITS;
            if (zeroes != 0) {
                return i + (Long.numberOfTrailingZeros(zeroes) >>> 3);
            }
        }
        for (; i < limit; i++) {
            if (buffer.getByte(offset + i) == '\n') {
                return i;
            }
        }
        return -1;
    }

    /**
     * Finds the empty line that ends a head; lines may end in a bare LF (RFC 9112 2.2).
     *
     * @param lineFeed index of the LF that ends the request line
     * @return index after the empty line, or -1 if it is not there yet
     */
    static int endOfHead(DirectBuffer buffer, int offset, int lineFeed, int limit) {
        int i = lineFeed;
        while (i >= 0) {
            int next = i + 1;
            if (next < limit && buffer.getByte(offset + next) == '\n') {
                return next + 1;
            }
            if (next + 1 < limit
                    && buffer.getByte(offset + next) == '\r'
                    && buffer.getByte(offset + next + 1) == '\n') {
                return next + 2;
            }
            i = indexOfLineFeed(buffer, offset, next, limit);
        }
        return -1;
    }

    /**
     * Whether no byte of a complete head is open to two readings: no control character but HTAB in a field, no CR
     * without LF (RFC 9112 2.2), no folded line (5.2), no field line without a name and colon.
     */
    static boolean isClean(byte[] head, int length) {
        boolean requestLine = true;
        boolean colon = false;
        int lineStart = 0;
        for (int i = 0; i < length; i++) {
            byte b = head[i];
            if (b == ':') {
                colon |= i > lineStart;
            } else if (b == '\n') {
                int lineLength = i - lineStart - (i > 0 && head[i - 1] == '\r' ? 1 : 0);
                if (!requestLine && !colon && lineLength > 0 || i + 1 < length && isBlank(head[i + 1])) {
                    return false;
                }
                requestLine = false;
                colon = false;
                lineStart = i + 1;
            } else if (b >= 0 && b < ' ' || b == 0x7f) {
                boolean lineEnd = b == '\r' && i + 1 < length && head[i + 1] == '\n';
                if (!lineEnd && (b != '\t' || requestLine)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }
}
