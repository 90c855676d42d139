package dev.diskcryptnet.http;

/**
 * One request head as {@link HttpRequestParser} understood it. Reused from request to request by its owner; values are
 * valid until the next parse into it. Fields that were not sent are null.
 */
public final class HttpRequest {
    Method method;
    boolean http11;
    boolean keepAlive;
    String path;
    long bodyBytesToSkip;
    boolean expectationFailed;
    String range;
    String ifRange;
    String ifMatch;
    String ifNoneMatch;
    String ifModifiedSince;
    String ifUnmodifiedSince;
    String origin;
    String accessControlRequestMethod;
    String accessControlRequestHeaders;
    String connection;
    String expect;
    String host;
    long contentLength;

    /** Forgets everything. */
    void clear() {
        method = Method.UNSUPPORTED;
        http11 = false;
        keepAlive = false;
        path = null;
        bodyBytesToSkip = 0;
        expectationFailed = false;
        range = null;
        ifRange = null;
        ifMatch = null;
        ifNoneMatch = null;
        ifModifiedSince = null;
        ifUnmodifiedSince = null;
        origin = null;
        accessControlRequestMethod = null;
        accessControlRequestHeaders = null;
        connection = null;
        expect = null;
        host = null;
        contentLength = -1;
    }

    /** Method. */
    public Method method() {
        return method;
    }

    /** Whether the request is of HTTP/1.1 or a later minor version; else it is of HTTP/1.0. */
    public boolean http11() {
        return http11;
    }

    /** Whether the client lets the connection stay open (RFC 9112 9.3) and its framing allows it. */
    public boolean keepAlive() {
        return keepAlive;
    }

    /** The response shall be the connection's last, whatever the client wants: the server is going away. */
    public void closeAfterwards() {
        keepAlive = false;
    }

    /**
     * Key of the object in the volume: absolute, decoded once, without dot segments and query; a directory is its
     * {@code index.html}. {@code *} for {@code OPTIONS *}. See {@link ObjectPath}.
     */
    public String path() {
        return path;
    }

    /** Bytes of request content that follow the head and are to be dropped; at most 64 KiB. */
    public long bodyBytesToSkip() {
        return bodyBytesToSkip;
    }

    /** Range field, or null. */
    public String range() {
        return range;
    }

    /** If-Range field, or null. */
    public String ifRange() {
        return ifRange;
    }

    /** If-Match field, lines joined, or null. */
    public String ifMatch() {
        return ifMatch;
    }

    /** If-None-Match field, lines joined, or null. */
    public String ifNoneMatch() {
        return ifNoneMatch;
    }

    /** If-Modified-Since field, or null. */
    public String ifModifiedSince() {
        return ifModifiedSince;
    }

    /** If-Unmodified-Since field, or null. */
    public String ifUnmodifiedSince() {
        return ifUnmodifiedSince;
    }

    /** Origin field, or null. */
    public String origin() {
        return origin;
    }

    /** Access-Control-Request-Method field, or null. */
    public String accessControlRequestMethod() {
        return accessControlRequestMethod;
    }

    /** Access-Control-Request-Headers field, lines joined, or null. */
    public String accessControlRequestHeaders() {
        return accessControlRequestHeaders;
    }

    /** Whether it expects something other than {@code 100-continue} (RFC 9110 10.1.1): answered with 417. */
    public boolean expectationFailed() {
        return expectationFailed;
    }
}
