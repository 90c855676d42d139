package dev.diskcryptnet.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * From a request target to the key of an object in the volume.
 *
 * <p>Origin form and absolute form (RFC 9112 3.2) are taken; the query is dropped. The path is percent-decoded once, must
 * then be UTF-8 without control characters, and loses its dot segments after decoding, never above the root (RFC 3986
 * 5.2.4), and its repeated slashes. A path that ends in {@code /} means the {@code index.html} in it.
 */
public final class ObjectPath {
    private static final String INDEX = "index.html";

    private ObjectPath() {}

    /**
     * Resolves a target.
     *
     * @param target as in the request line; characters 128 to 255 stand for raw bytes
     * @return the object's path, or null when the target is malformed
     */
    public static String resolve(String target) {
        int start = pathStart(target);
        if (start < 0) {
            return null;
        }
        int end = start;
        boolean plain = true;
        for (; end < target.length(); end++) {
            char c = target.charAt(end);
            if (c == '?') {
                break;
            }
            if (c == '#' || c <= ' ' || c == 0x7f) {
                return null;
            }
            plain &= c != '%' && c < 0x80;
        }
        String path = plain ? target.substring(start, end) : decode(target, start, end);
        if (path == null) {
            return null;
        }
        if (path.isEmpty()) {
            path = "/";
        }
        return toObject(path);
    }

    /** The object that a decoded absolute path means: dot segments and repeated slashes go, a directory is its index. */
    public static String toObject(String path) {
        String clean = needsCleaning(path) ? removeDotSegments(path) : path;
        return clean.endsWith("/") ? clean + INDEX : clean;
    }

    /** Where the path begins: at once in origin form, after the authority in absolute form; -1 if it is neither. */
    private static int pathStart(String target) {
        if (target.isEmpty()) {
            return -1;
        }
        if (target.charAt(0) == '/') {
            return 0;
        }
        int authority = authorityStart(target);
        if (authority < 0) {
            return -1;
        }
        int i = authority;
        while (i < target.length() && target.charAt(i) != '/' && target.charAt(i) != '?') {
            i++;
        }
        return i == authority ? -1 : i;
    }

    private static int authorityStart(String target) {
        if (target.regionMatches(true, 0, "http://", 0, 7)) {
            return 7;
        }
        return target.regionMatches(true, 0, "https://", 0, 8) ? 8 : -1;
    }

    private static String decode(String target, int start, int end) {
        byte[] bytes = new byte[end - start];
        int length = 0;
        for (int i = start; i < end; i++) {
            int b = target.charAt(i);
            if (b > 0xff) {
                return null;
            }
            if (b == '%') {
                b = i + 2 < end ? hexByte(target.charAt(i + 1), target.charAt(i + 2)) : -1;
                i += 2;
            }
            if (b < ' ' || b == 0x7f) {
                return null;
            }
            bytes[length++] = (byte) b;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, 0, length))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static int hexByte(char high, char low) {
        int h = hexDigit(high);
        int l = hexDigit(low);
        return h < 0 || l < 0 ? -1 : h << 4 | l;
    }

    private static int hexDigit(char c) {
        // Character.digit takes digits of every script; a percent triplet has ASCII ones only.
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }

    private static boolean needsCleaning(String path) {
        for (int i = 1; i < path.length(); i++) {
            char c = path.charAt(i);
            if ((c == '.' || c == '/') && path.charAt(i - 1) == '/') {
                return true;
            }
        }
        return false;
    }

    private static String removeDotSegments(String path) {
        var out = new StringBuilder(path.length());
        int i = 0;
        while (i < path.length()) {
            int next = path.indexOf('/', i + 1);
            int end = next < 0 ? path.length() : next;
            String segment = path.substring(i + 1, end);
            boolean last = next < 0;
            if (segment.equals("..")) {
                out.setLength(Math.max(0, out.lastIndexOf("/")));
            } else if (!segment.isEmpty() && !segment.equals(".")) {
                out.append('/').append(segment);
                last = false;
            }
            if (last) {
                out.append('/');
            }
            i = end;
        }
        return out.toString();
    }
}
