package dev.diskcryptnet.http;

/**
 * The Range field (RFC 9110 14.1.1, 14.2) against a size. Reused from request to request.
 *
 * <p>More than {@value #MAX_RANGES} ranges are not honoured: the whole is sent. Ranges that overlap, or lie closer than
 * the part header between them costs, are joined (15.3.7.2, 17.15), so a response is never much longer than the object.
 */
final class ByteRanges {
    /** Most ranges that one request is given. */
    static final int MAX_RANGES = 32;

    /** Gap below which two ranges are sent as one: about what a part's header takes. */
    static final int JOIN_GAP_BYTES = 128;

    private static final String UNIT = "bytes=";

    /** What a Range field comes to. */
    enum Outcome {
        /** No Range, another unit, a syntax error, or too many: answered as if it were not there. */
        WHOLE,
        /** At least one range to send. */
        PARTIAL,
        /** None of the ranges lies within the object: 416. */
        UNSATISFIABLE
    }

    private final long[] first = new long[MAX_RANGES];
    private final long[] last = new long[MAX_RANGES];
    private int count;
    private String field;
    private int position;

    /** Ranges to send after {@link #parse} said PARTIAL, in the order asked for unless some were joined. */
    int count() {
        return count;
    }

    /** First byte of range {@code i}. */
    long first(int i) {
        return first[i];
    }

    /** Last byte of range {@code i}, inclusive. */
    long last(int i) {
        return last[i];
    }

    /** Parses a Range field for an object of {@code sizeBytes}. */
    Outcome parse(String range, long sizeBytes) {
        count = 0;
        if (range == null || !range.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
            return Outcome.WHOLE;
        }
        field = range;
        position = UNIT.length();
        int specs = 0;
        boolean emptySuffixed = false;
        while (true) {
            skipBlanks();
            if (at(',')) {
                position++;
                continue;
            }
            if (position == field.length()) {
                break;
            }
            if (++specs > MAX_RANGES) {
                return Outcome.WHOLE;
            }
            boolean suffix = at('-');
            if (suffix ? !suffixRange(sizeBytes) : !integerRange(sizeBytes)) {
                return Outcome.WHOLE;
            }
            skipBlanks();
            if (position < field.length() && !at(',')) {
                return Outcome.WHOLE;
            }
            // A suffix of an empty object is all of it, and Content-Range has no words for that (RFC 9110 14.4).
            emptySuffixed |= suffix && sizeBytes == 0;
        }
        if (specs == 0 || emptySuffixed) {
            return Outcome.WHOLE;
        }
        if (count == 0) {
            return Outcome.UNSATISFIABLE;
        }
        join();
        return Outcome.PARTIAL;
    }

    /** {@code -n}: the last n bytes. */
    private boolean suffixRange(long sizeBytes) {
        position++;
        long length = number();
        if (length > 0 && sizeBytes > 0) {
            put(Math.max(0, sizeBytes - length), sizeBytes - 1);
        }
        return length >= 0;
    }

    /** {@code a-b} or {@code a-}. */
    private boolean integerRange(long sizeBytes) {
        long from = number();
        if (from < 0 || !at('-')) {
            return false;
        }
        position++;
        boolean open = position == field.length() || !isDigit(field.charAt(position));
        long to = open ? Long.MAX_VALUE : number();
        if (to < from) {
            return false;
        }
        if (from < sizeBytes) {
            put(from, Math.min(to, sizeBytes - 1));
        }
        return true;
    }

    private void put(long from, long to) {
        first[count] = from;
        last[count++] = to;
    }

    /** Digits at the position, capped at the largest long, or -1 if there are none. */
    private long number() {
        int start = position;
        long value = 0;
        while (position < field.length() && isDigit(field.charAt(position))) {
            int digit = field.charAt(position++) - '0';
            value = value > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : value * 10 + digit;
        }
        return position == start ? -1 : value;
    }

    private boolean at(char c) {
        return position < field.length() && field.charAt(position) == c;
    }

    private void skipBlanks() {
        while (at(' ') || at('\t')) {
            position++;
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** If any two ranges touch or overlap, all are put in ascending order and joined; else the order asked for stands. */
    private void join() {
        if (!anyClose()) {
            return;
        }
        sort();
        int out = 0;
        for (int i = 1; i < count; i++) {
            if (first[i] - last[out] <= JOIN_GAP_BYTES) {
                last[out] = Math.max(last[out], last[i]);
            } else {
                out++;
                first[out] = first[i];
                last[out] = last[i];
            }
        }
        count = out + 1;
    }

    private boolean anyClose() {
        for (int i = 0; i < count; i++) {
            for (int j = i + 1; j < count; j++) {
                if (first[j] - last[i] <= JOIN_GAP_BYTES && first[i] - last[j] <= JOIN_GAP_BYTES) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Insertion sort by first byte: at most {@value #MAX_RANGES} of them. */
    private void sort() {
        for (int i = 1; i < count; i++) {
            long from = first[i];
            long to = last[i];
            int j = i - 1;
            for (; j >= 0 && first[j] > from; j--) {
                first[j + 1] = first[j];
                last[j + 1] = last[j];
            }
            first[j + 1] = from;
            last[j + 1] = to;
        }
    }
}
