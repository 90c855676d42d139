package dev.diskcryptnet.http;

import java.util.Locale;

/**
 * How long a response may be kept by caches (RFC 9111 5.2.2.1). A path may get a new object, so nothing is called
 * immutable for ever; validators make a later check cheap.
 *
 * @param mediaMaxAgeSeconds segments, whole films, captions, images
 * @param playlistMaxAgeSeconds HLS playlists and DASH manifests, which a live stream rewrites
 * @param documentMaxAgeSeconds pages, scripts, style sheets, JSON
 */
public record CachePolicy(int mediaMaxAgeSeconds, int playlistMaxAgeSeconds, int documentMaxAgeSeconds) {
    /** One day for media, two seconds for playlists, one minute for documents. */
    public static final CachePolicy DEFAULT = new CachePolicy(86_400, 2, 60);

    /** Max-age for a media type, in seconds. */
    int maxAgeSeconds(String contentType) {
        int semicolon = contentType.indexOf(';');
        String type = (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
        return switch (type) {
            case "application/vnd.apple.mpegurl",
                    "application/x-mpegurl",
                    "audio/mpegurl",
                    "audio/x-mpegurl",
                    "application/dash+xml" -> playlistMaxAgeSeconds;
            case "text/html", "text/css", "text/javascript", "application/javascript", "application/json" ->
                documentMaxAgeSeconds;
            default -> mediaMaxAgeSeconds;
        };
    }
}
