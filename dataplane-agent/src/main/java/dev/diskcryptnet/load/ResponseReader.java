package dev.diskcryptnet.load;

import java.util.BitSet;
import java.util.Set;
import org.agrona.DirectBuffer;

/**
 * Finds where HTTP/1.1 responses end: reads the head byte by byte, wherever segments cut it, and skips the body by its
 * Content-Length (RFC 9112 6.3). Responses without one are refused.
 */
final class ResponseReader {
    private static final byte[] LENGTH_NAME = "content-length:".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final int NO_MATCH = -1;
    private static final long LINE_FEEDS = 0x0A0A_0A0A_0A0A_0A0AL;
    private static final long LOW_BITS = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;
    private static final int STATUS_OFFSET = 9;
    private static final long MAX_LENGTH = 1L << 50;

    private final BitSet good = new BitSet();
    private int line;
    private int lineBytes;
    private int matched;
    private long contentLength;
    private int status;
    private boolean headDone;
    private long bodyRead;

    /** @param statuses that are good */
    ResponseReader(Set<Integer> statuses) {
        statuses.forEach(good::set);
        reset();
    }

    /** Waits for the next response. */
    void reset() {
        line = 0;
        lineBytes = 0;
        matched = 0;
        contentLength = -1;
        status = 0;
        headDone = false;
        bodyRead = 0;
    }

    /**
     * Reads of the head what is there.
     *
     * @return bytes that belong to the head
     */
    int readHead(DirectBuffer buffer, int offset, int lengthBytes) {
        int position = 0;
        while (position < lengthBytes && !headDone) {
            if (matched == NO_MATCH) {
                position += wordsWithoutLineEnd(buffer, offset + position, lengthBytes - position);
            }
            if (position < lengthBytes) {
                onHeadByte(buffer.getByte(offset + position++));
            }
        }
        return position;
    }

    /** Bytes of whole words, from {@code offset} on, that hold no line feed: what is left of a field of no interest. */
    private static int wordsWithoutLineEnd(DirectBuffer buffer, int offset, int lengthBytes) {
        int passed = 0;
        while (lengthBytes - passed >= Long.BYTES) {
            // A byte of this is zero where the word has a line feed; the next line finds zero bytes.
            long word = buffer.getLong(offset + passed) ^ LINE_FEEDS;
            if ((word - LOW_BITS & ~word & HIGH_BITS) != 0) {
                break;
            }
            passed += Long.BYTES;
        }
        return passed;
    }

    private void onHeadByte(byte c) {
        if (c == '\n') {
            headDone = line > 0 && lineBytes == 0;
            line++;
            lineBytes = 0;
            matched = 0;
        } else if (c != '\r') {
            if (line == 0) {
                onStatusByte(c);
            } else {
                onFieldByte(c);
            }
            lineBytes++;
        }
    }

    private void onStatusByte(byte c) {
        if (lineBytes >= STATUS_OFFSET && lineBytes < STATUS_OFFSET + 3) {
            status = status * 10 + (c & 0x0F);
        }
    }

    private void onFieldByte(byte c) {
        if (matched == LENGTH_NAME.length) {
            if (c >= '0' && c <= '9' && contentLength < MAX_LENGTH) {
                contentLength = Math.max(0, contentLength) * 10 + (c - '0');
            }
        } else if (matched != NO_MATCH) {
            int lower = c >= 'A' && c <= 'Z' ? c + 32 : c;
            matched = lower == LENGTH_NAME[matched] ? matched + 1 : NO_MATCH;
        }
    }

    /** Counts body bytes in. */
    void readBody(long lengthBytes) {
        bodyRead += lengthBytes;
    }

    boolean headDone() {
        return headDone;
    }

    /** Whether the head is that of a response of known length with a status that is good. */
    boolean isGood() {
        return good.get(status) && contentLength >= 0;
    }

    long bodyRead() {
        return bodyRead;
    }

    long bodyLeft() {
        return contentLength - bodyRead;
    }
}
