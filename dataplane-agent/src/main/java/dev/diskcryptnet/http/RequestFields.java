package dev.diskcryptnet.http;

import static io.netty.handler.codec.http.HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS;
import static io.netty.handler.codec.http.HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD;
import static io.netty.handler.codec.http.HttpHeaderNames.CONNECTION;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.EXPECT;
import static io.netty.handler.codec.http.HttpHeaderNames.HOST;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_MATCH;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_MODIFIED_SINCE;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_NONE_MATCH;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_RANGE;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_UNMODIFIED_SINCE;
import static io.netty.handler.codec.http.HttpHeaderNames.ORIGIN;
import static io.netty.handler.codec.http.HttpHeaderNames.RANGE;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;

/** Takes the fields that matter here out of Netty's headers, in one pass. A field that may not repeat must not. */
final class RequestFields {
    private static final String HOST_PUNCTUATION = "-._~%!$&'()*+,;=:[]";

    private boolean valid;

    /** @return false when a singleton field is repeated or a value is malformed */
    boolean read(HttpHeaders headers, HttpRequest out) {
        valid = true;
        Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            take(field.getKey(), field.getValue(), out);
        }
        return valid && (out.host == null || isHost(out.host));
    }

    /** The length of a name already tells most of them apart. */
    private void take(CharSequence name, CharSequence value, HttpRequest out) {
        switch (name.length()) {
            case 4 -> out.host = single(HOST, name, value, out.host);
            case 5 -> out.range = single(RANGE, name, value, out.range);
            case 6 -> {
                out.expect = list(EXPECT, name, value, out.expect);
                out.origin = single(ORIGIN, name, value, out.origin);
            }
            case 8 -> {
                out.ifRange = single(IF_RANGE, name, value, out.ifRange);
                out.ifMatch = list(IF_MATCH, name, value, out.ifMatch);
            }
            case 10 -> out.connection = list(CONNECTION, name, value, out.connection);
            case 13 -> out.ifNoneMatch = list(IF_NONE_MATCH, name, value, out.ifNoneMatch);
            case 14 -> takeContentLength(name, value, out);
            case 17 -> out.ifModifiedSince = single(IF_MODIFIED_SINCE, name, value, out.ifModifiedSince);
            case 19 -> out.ifUnmodifiedSince = single(IF_UNMODIFIED_SINCE, name, value, out.ifUnmodifiedSince);
            case 29 ->
                out.accessControlRequestMethod =
                        single(ACCESS_CONTROL_REQUEST_METHOD, name, value, out.accessControlRequestMethod);
            case 30 ->
                out.accessControlRequestHeaders =
                        list(ACCESS_CONTROL_REQUEST_HEADERS, name, value, out.accessControlRequestHeaders);
            default -> {}
        }
    }

    private String single(AsciiString wanted, CharSequence name, CharSequence value, String before) {
        if (!wanted.contentEqualsIgnoreCase(name)) {
            return before;
        }
        valid &= before == null;
        return value.toString();
    }

    private static String list(AsciiString wanted, CharSequence name, CharSequence value, String before) {
        if (!wanted.contentEqualsIgnoreCase(name)) {
            return before;
        }
        return before == null ? value.toString() : before + ", " + value;
    }

    /** RFC 9110 8.6: digits only; a list or a repetition, even of equal values, is refused. */
    private void takeContentLength(CharSequence name, CharSequence value, HttpRequest out) {
        if (!CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
            return;
        }
        valid &= out.contentLength < 0 && !value.isEmpty() && value.length() <= 18;
        long length = 0;
        for (int i = 0; valid && i < value.length(); i++) {
            int digit = value.charAt(i) - '0';
            valid = digit >= 0 && digit <= 9;
            length = length * 10 + digit;
        }
        out.contentLength = length;
    }

    /** RFC 9110 7.2: host and port, or empty. */
    private static boolean isHost(String host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            boolean alphanumeric = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!alphanumeric && HOST_PUNCTUATION.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether a comma-separated list of tokens has {@code token}, in any case. */
    static boolean hasToken(String list, String token) {
        for (int i = 0; i < list.length(); ) {
            int comma = list.indexOf(',', i);
            int end = comma < 0 ? list.length() : comma;
            int from = i;
            int to = end;
            while (from < to && list.charAt(from) <= ' ') {
                from++;
            }
            while (to > from && list.charAt(to - 1) <= ' ') {
                to--;
            }
            if (to - from == token.length() && list.regionMatches(true, from, token, 0, token.length())) {
                return true;
            }
            i = end + 1;
        }
        return false;
    }
}
