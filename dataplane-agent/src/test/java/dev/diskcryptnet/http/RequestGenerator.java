package dev.diskcryptnet.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** Makes requests that are nearly right: of a grammar with bad choices in it, and then mutated or cut. */
final class RequestGenerator {
    private static final String[] METHODS = {"GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "get", "BREW", "G\0T", ""};
    private static final String[] TARGETS = {
        "/",
        "/a.mp4",
        "/a%20b",
        "/../..",
        "/%2e%2e%2f",
        "*",
        "http://h/x?y",
        "http://",
        "/%00",
        "/%",
        "/%f",
        "/\u00e9",
        "//",
        "/a b",
        "h:80",
        "/" + "a".repeat(4090),
        "/" + "%41".repeat(1400),
        "/./././.",
        "?",
        "#",
        ""
    };
    private static final String[] VERSIONS = {
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.0",
        "HTTP/1.9",
        "HTTP/2.0",
        "HTTP/11",
        "http/1.1",
        "HTTP/1.",
        "HTTP",
        ""
    };
    private static final String[] NAMES = {
        "Host",
        "Host",
        "Range",
        "If-Range",
        "If-Match",
        "If-None-Match",
        "If-Modified-Since",
        "If-Unmodified-Since",
        "Connection",
        "Content-Length",
        "Transfer-Encoding",
        "Expect",
        "Origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "X",
        "Range ",
        " X",
        "",
        "X(y)",
        "Content-Length\t"
    };
    private static final String[] VALUES = {
        "h",
        "example.org:80",
        "bytes=0-1",
        "bytes=-5",
        "bytes=5-",
        "bytes=0-1,4-5,-1",
        "bytes=9-1",
        "bytes=,,,",
        "*",
        "\"v1\"",
        "W/\"v1\"",
        "\"",
        "\"a\", \"v1\"",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "06-Nov-94",
        "close",
        "keep-alive",
        "5",
        "0",
        "-1",
        "65537",
        "18446744073709551617",
        "chunked",
        "gzip, chunked",
        "100-continue",
        "GET",
        "a\0b",
        "\u00ff",
        "",
        "a\rb",
        "x".repeat(300),
        "bytes=" + "0-0,".repeat(40)
    };
    private static final String[] LINE_ENDS = {"\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r\n ", "\r", "\r\r\n", ""
    };

    private final SplittableRandom random;

    RequestGenerator(SplittableRandom random) {
        this.random = random;
    }

    byte[] next() {
        var out = new ByteArrayOutputStream();
        boolean tidy = random.nextInt(4) > 0;
        put(out, random.nextInt(20) == 0 ? "\r\n\n" : "");
        put(out, pick(METHODS, tidy) + " " + pick(TARGETS, tidy) + " " + pick(VERSIONS, tidy));
        put(out, pick(LINE_ENDS, tidy));
        if (tidy) {
            put(out, "Host: h\r\n");
            put(out, random.nextInt(4) == 0 ? "Range: bytes=" + ranges() + "\r\n" : "");
        }
        for (int fields = random.nextInt(8); fields > 0; fields--) {
            String name = tidy ? NAMES[2 + random.nextInt(NAMES.length - 8)] : pick(NAMES, false);
            put(out, name + ": " + VALUES[random.nextInt(VALUES.length)] + pick(LINE_ENDS, tidy));
        }
        if (random.nextInt(200) == 0) {
            put(out, "X: " + "y".repeat(16_300 + random.nextInt(200)) + "\r\n");
        }
        put(out, "\r\n");
        return mutate(out.toByteArray());
    }

    private String ranges() {
        var list = new StringBuilder();
        for (int n = random.nextInt(1, 5); n > 0; n--) {
            String from = random.nextInt(4) == 0 ? "" : "" + random.nextLong(1L << random.nextInt(1, 62));
            list.append(from).append('-').append(random.nextBoolean() ? "" : "" + random.nextLong(1L << 40));
            list.append(n > 1 ? "," : "");
        }
        return list.toString();
    }

    private byte[] mutate(byte[] bytes) {
        int mutations = random.nextInt(3) == 0 ? random.nextInt(1, 6) : 0;
        for (; mutations > 0 && bytes.length > 1; mutations--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = java.util.Arrays.copyOf(bytes, at + 1);
                default -> System.arraycopy(bytes, at, bytes, at / 2, bytes.length - at);
            }
        }
        return bytes;
    }

    private String pick(String[] from, boolean tidy) {
        return tidy && random.nextInt(12) > 0 ? from[0] : from[random.nextInt(from.length)];
    }

    private static void put(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
