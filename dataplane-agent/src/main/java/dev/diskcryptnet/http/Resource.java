package dev.diskcryptnet.http;

/** What a response needs to know of the thing it is about. The volume's objects are resources. */
public interface Resource {
    /** Size in bytes. */
    long sizeBytes();

    /** Media type, for the Content-Type field. */
    String contentType();

    /** Strong entity tag with its quotes (RFC 9110 8.8.3). */
    String etag();

    /** Last-Modified, milliseconds since the epoch. */
    long lastModifiedMs();
}
