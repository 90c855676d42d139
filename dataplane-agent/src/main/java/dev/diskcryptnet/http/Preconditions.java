package dev.diskcryptnet.http;

import io.netty.handler.codec.DateFormatter;
import java.util.Date;

/** Conditional requests (RFC 9110 13), in the order of precedence that 13.2.2 sets. */
final class Preconditions {
    /** The longest form is 33 characters: RFC 850's on a Wednesday. */
    private static final int MAX_DATE_LENGTH = 40;

    private Preconditions() {}

    /**
     * Evaluates the conditions of a GET or HEAD for a resource that exists.
     *
     * @return 0 to go on, 304 or 412
     */
    static int evaluate(HttpRequest request, Resource resource) {
        if (request.ifMatch() != null) {
            if (!matches(request.ifMatch(), resource.etag(), true)) {
                return 412;
            }
        } else if (isModifiedSince(request.ifUnmodifiedSince(), resource, false)) {
            return 412;
        }
        if (request.ifNoneMatch() != null) {
            return matches(request.ifNoneMatch(), resource.etag(), false) ? 304 : 0;
        }
        return isModifiedSince(request.ifModifiedSince(), resource, true) ? 0 : 304;
    }

    /**
     * RFC 9110 13.1.5: whether a Range is to be honoured. A date is a strong validator only if it is the object's own and
     * more than a second old (8.8.2.2).
     */
    static boolean ifRangeHolds(String ifRange, Resource resource, long nowMs) {
        if (ifRange == null) {
            return true;
        }
        if (ifRange.startsWith("\"") || ifRange.startsWith("W/")) {
            return ifRange.equals(resource.etag());
        }
        Date date = parseDate(ifRange);
        return date != null
                && seconds(date.getTime()) == seconds(resource.lastModifiedMs())
                && seconds(nowMs) > seconds(resource.lastModifiedMs()) + 1;
    }

    /** A date that is absent or malformed is not a condition (13.1.3, 13.1.4): the answer is then {@code absent}. */
    private static boolean isModifiedSince(String field, Resource resource, boolean absent) {
        Date date = field == null ? null : parseDate(field);
        return date == null ? absent : seconds(resource.lastModifiedMs()) > seconds(date.getTime());
    }

    /** A date in any of the forms of RFC 9110 5.6.7, or null. Netty's parser throws on more than it can take. */
    private static Date parseDate(String field) {
        return field.isEmpty() || field.length() > MAX_DATE_LENGTH ? null : DateFormatter.parseHttpDate(field);
    }

    private static long seconds(long ms) {
        return Math.floorDiv(ms, 1000L);
    }

    /**
     * Whether a list of entity tags has ours (RFC 9110 8.8.3.2). Commas may stand inside a tag, so the list is read, not
     * split. A weak tag never matches strongly; ours is strong.
     */
    static boolean matches(String list, String etag, boolean strong) {
        if (list.strip().equals("*")) {
            return true;
        }
        for (int i = 0; i < list.length(); ) {
            char c = list.charAt(i);
            if (c == ' ' || c == '\t' || c == ',') {
                i++;
                continue;
            }
            boolean weak = list.startsWith("W/", i);
            int open = weak ? i + 2 : i;
            int close = open < list.length() && list.charAt(open) == '"' ? list.indexOf('"', open + 1) : -1;
            if (close < 0) {
                return false;
            }
            int length = close + 1 - open;
            if (!(weak && strong) && length == etag.length() && list.startsWith(etag, open)) {
                return true;
            }
            i = close + 1;
        }
        return false;
    }
}
