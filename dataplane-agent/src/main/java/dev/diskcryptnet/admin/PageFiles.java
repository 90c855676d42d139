package dev.diskcryptnet.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/**
 * The page for people: a few static files from the class path, sent as they are. It shows what {@code /v1/status} says,
 * asks for nothing else, and changes nothing.
 */
final class PageFiles {
    private static final String DIRECTORY = "page/";
    /** Path and name of the resource. */
    private static final Map<String, String> FILES = Map.of(
            "/", "index.html",
            "/page.css", "page.css",
            "/page.js", "page.js",
            "/chart.js", "chart.js",
            "/format.js", "format.js",
            "/icon.svg", "icon.svg");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    /** Nothing but the page's own files, no inline script or style, no frame around it (CSP level 3). */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private PageFiles() {}

    /** Whether a path is one of the page's. */
    static boolean has(String path) {
        return FILES.containsKey(path);
    }

    /** Paths of all files. */
    static Set<String> paths() {
        return FILES.keySet();
    }

    /** The file at a path of {@link #paths}, or 304 to those who have it (RFC 9110 13.1.2). */
    static Reply answer(String path, HttpHeaders headers) {
        String name = FILES.get(path);
        byte[] content = read(name);
        String etag = '"' + digest(content) + '"';
        String known = headers.get(HttpHeaderNames.IF_NONE_MATCH);
        boolean fresh = known != null
                && Arrays.stream(known.split(",")).map(String::strip).anyMatch(etag::equals);
        Reply reply = fresh
                ? Reply.empty(304)
                : new Reply(200, TYPES.get(name.substring(name.lastIndexOf('.') + 1)), content);
        // Another version of the agent has other files at the same paths: they are kept, and asked about each time.
        return reply.with("ETag", etag)
                .with("Cache-Control", "no-cache")
                .with("Content-Security-Policy", POLICY)
                .with("Referrer-Policy", "no-referrer")
                .with("Cross-Origin-Resource-Policy", "same-origin");
    }

    private static byte[] read(String name) {
        try (InputStream in = PageFiles.class.getResourceAsStream(DIRECTORY + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("resource=" + DIRECTORY + name + " cannot be read", e);
        }
    }

    private static String digest(byte[] content) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
