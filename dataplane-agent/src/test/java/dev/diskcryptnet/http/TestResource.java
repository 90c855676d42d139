package dev.diskcryptnet.http;

/** A resource that is only its description. */
record TestResource(long sizeBytes, String contentType, String etag, long lastModifiedMs) implements Resource {
    static TestResource ofSize(long sizeBytes) {
        return new TestResource(sizeBytes, "video/mp4", "\"v1\"", Exchange.NOW_MS - 86_400_000);
    }
}
