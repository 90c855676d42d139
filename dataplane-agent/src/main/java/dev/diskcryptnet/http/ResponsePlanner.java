package dev.diskcryptnet.http;

import dev.diskcryptnet.http.ResponsePlan.Piece;
import java.security.SecureRandom;
import java.util.SplittableRandom;

/**
 * Turns a request and what it names into a response: status, head, and which bytes of the resource (RFC 9110).
 *
 * <p>One per worker; not thread-safe. Reads no clock. Every head carries what video players in browsers need to read
 * across origins, also on errors.
 */
public final class ResponsePlanner {
    /** A longer media type is not put into a head; the volume takes none that is longer. */
    private static final int MAX_TYPE_LENGTH = 255;

    /** A longer entity tag is not put into a head; the volume makes none that is longer. */
    private static final int MAX_ETAG_LENGTH = 64;

    private static final String UNKNOWN_TYPE = "application/octet-stream";

    private static final String COMMON = "Server: dcn\r\n"
            + "Access-Control-Allow-Origin: *\r\n"
            + "Access-Control-Expose-Headers: Accept-Ranges, Content-Encoding, Content-Length, Content-Range, Date, ETag,"
            + " Last-Modified\r\n"
            + "Timing-Allow-Origin: *\r\n"
            + "X-Content-Type-Options: nosniff\r\n";

    private static final String ALLOW = "GET, HEAD, OPTIONS";

    /** {@code *} covers them all where it is known; the names are for browsers to which it is only a name. */
    private static final String PREFLIGHT = "Access-Control-Allow-Methods: " + ALLOW + "\r\n"
            + "Access-Control-Allow-Headers: *, Range, If-Range, If-Match, If-None-Match, If-Modified-Since,"
            + " If-Unmodified-Since, Accept, Cache-Control, Content-Type, Origin, X-Requested-With\r\n"
            + "Access-Control-Max-Age: 86400\r\n";

    private static final int RETRY_AFTER_SECONDS = 1;

    private final CachePolicy cachePolicy;
    private final HeadWriter head = new HeadWriter();
    private final ByteRanges ranges = new ByteRanges();
    private final SplittableRandom boundaries = new SplittableRandom(new SecureRandom().nextLong());

    public ResponsePlanner() {
        this(CachePolicy.DEFAULT);
    }

    public ResponsePlanner(CachePolicy cachePolicy) {
        this.cachePolicy = cachePolicy;
    }

    /**
     * Plans the response.
     *
     * @param request as parsed
     * @param resource what the volume has at {@link HttpRequest#path}, or null
     * @param nowMs wall clock, milliseconds since the epoch
     */
    public ResponsePlan plan(HttpRequest request, Resource resource, long nowMs) {
        if (request.expectationFailed()) {
            return error(417, request, nowMs);
        }
        return switch (request.method()) {
            case UNSUPPORTED -> error(405, request, nowMs);
            case OPTIONS -> options(request, nowMs);
            case GET, HEAD -> resource == null ? error(404, request, nowMs) : conditional(request, resource, nowMs);
        };
    }

    /**
     * An error that answers a request which was understood: it keeps the connection if the request does, and has no body
     * for HEAD.
     */
    public ResponsePlan error(int status, HttpRequest request, long nowMs) {
        return error(status, request.keepAlive(), request.http11(), request.method() == Method.HEAD, -1, nowMs);
    }

    /**
     * An error with no request that it could go by: a refusal of {@link HttpRequestParser#parse} (400, 413, 414, 431, 501,
     * 505), a time-out (408), or overload (503).
     */
    public ResponsePlan error(int status, boolean keepAlive, long nowMs) {
        return error(status, keepAlive, true, false, -1, nowMs);
    }

    /** @param sizeBytes for 416: what Content-Range says the size is */
    private ResponsePlan error(
            int status, boolean keepAlive, boolean http11, boolean headOnly, long sizeBytes, long nowMs) {
        String body = status + " " + Status.reason(status) + ": " + Status.explanation(status) + "\n";
        begin(status, keepAlive, http11, nowMs);
        head.field("Content-Type: ", "text/plain; charset=utf-8");
        head.field("Content-Length: ", body.length());
        head.field("Cache-Control: ", status == 404 ? "max-age=1" : "no-store");
        switch (status) {
            case 405 -> head.field("Allow: ", ALLOW);
            case 416 -> head.ascii("Content-Range: bytes */").number(sizeBytes).ascii("\r\n");
            case 503 -> head.field("Retry-After: ", RETRY_AFTER_SECONDS);
            default -> {}
        }
        head.ascii("\r\n");
        return new ResponsePlan(status, keepAlive).add(Piece.of(headOnly ? head.end() : head.end(body)));
    }

    /** RFC 9110 9.3.7, and the CORS preflight of the Fetch standard, which is an OPTIONS with two fields. */
    private ResponsePlan options(HttpRequest request, long nowMs) {
        begin(204, request.keepAlive(), request.http11(), nowMs);
        head.field("Allow: ", ALLOW);
        if (request.origin() != null && request.accessControlRequestMethod() != null) {
            head.ascii(PREFLIGHT);
        }
        head.ascii("\r\n");
        return new ResponsePlan(204, request.keepAlive()).add(Piece.of(head.end()));
    }

    private ResponsePlan conditional(HttpRequest request, Resource resource, long nowMs) {
        int status = Preconditions.evaluate(request, resource);
        if (status == 412) {
            return error(412, request, nowMs);
        }
        if (status == 304) {
            return notModified(request, resource, nowMs);
        }
        if (request.method() == Method.HEAD
                || request.range() == null
                || !Preconditions.ifRangeHolds(request.ifRange(), resource, nowMs)) {
            return whole(request, resource, nowMs);
        }
        return switch (ranges.parse(request.range(), resource.sizeBytes())) {
            case WHOLE -> whole(request, resource, nowMs);
            case PARTIAL -> ranges.count() == 1 ? part(request, resource, nowMs) : parts(request, resource, nowMs);
            case UNSATISFIABLE -> error(416, request.keepAlive(), request.http11(), false, resource.sizeBytes(), nowMs);
        };
    }

    /** RFC 9110 15.4.5: the validators and the caching of the 200 that it stands for, no length, no content. */
    private ResponsePlan notModified(HttpRequest request, Resource resource, long nowMs) {
        begin(304, request.keepAlive(), request.http11(), nowMs);
        validators(resource, fieldOr(resource.contentType(), MAX_TYPE_LENGTH, UNKNOWN_TYPE), nowMs);
        head.ascii("\r\n");
        return new ResponsePlan(304, request.keepAlive()).add(Piece.of(head.end()));
    }

    private ResponsePlan whole(HttpRequest request, Resource resource, long nowMs) {
        beginContent(200, request, resource, resource.sizeBytes(), nowMs);
        head.ascii("\r\n");
        ResponsePlan plan = new ResponsePlan(200, request.keepAlive()).add(Piece.of(head.end()));
        return request.method() == Method.HEAD ? plan : plan.add(Piece.ofResource(0, resource.sizeBytes()));
    }

    private ResponsePlan part(HttpRequest request, Resource resource, long nowMs) {
        long length = ranges.last(0) - ranges.first(0) + 1;
        beginContent(206, request, resource, length, nowMs);
        contentRange(0, resource.sizeBytes());
        head.ascii("\r\n");
        return new ResponsePlan(206, request.keepAlive())
                .add(Piece.of(head.end()))
                .add(Piece.ofResource(ranges.first(0), length));
    }

    /**
     * RFC 9110 14.6. The boundary is 128 random bits per response: that content has it by chance is out of question, and
     * by design too, as nobody can know it before.
     */
    private ResponsePlan parts(HttpRequest request, Resource resource, long nowMs) {
        String boundary = "%016x%016x".formatted(boundaries.nextLong(), boundaries.nextLong());
        String type = fieldOr(resource.contentType(), MAX_TYPE_LENGTH, UNKNOWN_TYPE);
        byte[][] partHeads = new byte[ranges.count()][];
        byte[] end = ("\r\n--" + boundary + "--\r\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        long length = end.length;
        for (int i = 0; i < partHeads.length; i++) {
            head.begin().ascii("\r\n--").ascii(boundary).ascii("\r\n").field("Content-Type: ", type);
            contentRange(i, resource.sizeBytes());
            partHeads[i] = head.ascii("\r\n").end();
            length += partHeads[i].length + ranges.last(i) - ranges.first(i) + 1;
        }
        begin(206, request.keepAlive(), request.http11(), nowMs);
        validators(resource, type, nowMs);
        head.field("Content-Type: ", "multipart/byteranges; boundary=" + boundary);
        head.field("Content-Length: ", length).ascii("\r\n");
        ResponsePlan plan = new ResponsePlan(206, request.keepAlive()).add(Piece.of(head.end()));
        for (int i = 0; i < partHeads.length; i++) {
            plan.add(Piece.of(partHeads[i]));
            plan.add(Piece.ofResource(ranges.first(i), ranges.last(i) - ranges.first(i) + 1));
        }
        return plan.add(Piece.of(end));
    }

    private void contentRange(int range, long sizeBytes) {
        head.ascii("Content-Range: bytes ")
                .number(ranges.first(range))
                .ascii("-")
                .number(ranges.last(range))
                .ascii("/")
                .number(sizeBytes)
                .ascii("\r\n");
    }

    /** Status line and what every response carries. */
    private void begin(int status, boolean keepAlive, boolean http11, long nowMs) {
        head.begin().ascii("HTTP/1.1 ").number(status).ascii(" ").ascii(Status.reason(status));
        head.ascii("\r\n").field("Date: ", head.now(nowMs)).ascii(COMMON);
        if (!keepAlive) {
            head.field("Connection: ", "close");
        } else if (!http11) {
            head.field("Connection: ", "keep-alive");
        }
    }

    private void beginContent(int status, HttpRequest request, Resource resource, long lengthBytes, long nowMs) {
        String type = fieldOr(resource.contentType(), MAX_TYPE_LENGTH, UNKNOWN_TYPE);
        begin(status, request.keepAlive(), request.http11(), nowMs);
        validators(resource, type, nowMs);
        head.field("Content-Type: ", type);
        head.field("Content-Length: ", lengthBytes);
    }

    /** ETag, Last-Modified (never after Date, RFC 9110 8.8.2.1), Cache-Control, Accept-Ranges. */
    private void validators(Resource resource, String type, long nowMs) {
        String etag = fieldOr(resource.etag(), MAX_ETAG_LENGTH, null);
        if (etag != null) {
            head.field("ETag: ", etag);
        }
        head.field("Last-Modified: ", head.date(Math.min(resource.lastModifiedMs(), nowMs)));
        head.ascii("Cache-Control: public, max-age=").number(cachePolicy.maxAgeSeconds(type));
        head.ascii("\r\nAccept-Ranges: bytes\r\n");
    }

    /** A stored value may go into a head only if it is short and visible ASCII: it must not end the line. */
    private static String fieldOr(String value, int maxLength, String otherwise) {
        if (value == null || value.isEmpty() || value.length() > maxLength) {
            return otherwise;
        }
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < ' ' || value.charAt(i) > '~') {
                return otherwise;
            }
        }
        return value;
    }
}
