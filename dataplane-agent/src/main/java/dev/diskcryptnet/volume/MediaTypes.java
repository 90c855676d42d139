package dev.diskcryptnet.volume;

import java.util.Locale;
import java.util.Map;

/** Media types of what a video origin holds, by the end of the path; used where nobody said the type. */
public final class MediaTypes {
    /** RFC 2046 4.5.1: bytes of which nothing more is known. */
    public static final String UNKNOWN = "application/octet-stream";

    private static final Map<String, String> BY_EXTENSION = Map.ofEntries(
            Map.entry("m3u8", "application/vnd.apple.mpegurl"), // RFC 8216 4
            Map.entry("mpd", "application/dash+xml"), // ISO/IEC 23009-1
            Map.entry("ts", "video/mp2t"),
            Map.entry("mp4", "video/mp4"),
            Map.entry("m4v", "video/mp4"),
            Map.entry("cmfv", "video/mp4"), // CMAF, ISO/IEC 23000-19
            Map.entry("m4s", "video/iso.segment"),
            Map.entry("m4a", "audio/mp4"),
            Map.entry("cmfa", "audio/mp4"),
            Map.entry("cmft", "application/mp4"),
            Map.entry("webm", "video/webm"),
            Map.entry("weba", "audio/webm"),
            Map.entry("mkv", "video/x-matroska"),
            Map.entry("aac", "audio/aac"),
            Map.entry("mp3", "audio/mpeg"),
            Map.entry("ogg", "audio/ogg"),
            Map.entry("opus", "audio/ogg"),
            Map.entry("vtt", "text/vtt; charset=utf-8"),
            Map.entry("srt", "application/x-subrip"),
            Map.entry("ttml", "application/ttml+xml"),
            Map.entry("jpg", "image/jpeg"),
            Map.entry("jpeg", "image/jpeg"),
            Map.entry("png", "image/png"),
            Map.entry("webp", "image/webp"),
            Map.entry("avif", "image/avif"),
            Map.entry("gif", "image/gif"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("ico", "image/x-icon"),
            Map.entry("html", "text/html; charset=utf-8"),
            Map.entry("css", "text/css; charset=utf-8"),
            Map.entry("js", "text/javascript; charset=utf-8"),
            Map.entry("json", "application/json"),
            Map.entry("xml", "application/xml"),
            Map.entry("txt", "text/plain; charset=utf-8"));

    private MediaTypes() {}

    /** Media type for a path, {@link #UNKNOWN} when its extension is not one of ours. */
    public static String ofPath(String path) {
        int dot = path.lastIndexOf('.');
        return dot <= path.lastIndexOf('/')
                ? UNKNOWN
                : BY_EXTENSION.getOrDefault(path.substring(dot + 1).toLowerCase(Locale.ROOT), UNKNOWN);
    }
}
