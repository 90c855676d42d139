package dev.diskcryptnet.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Set;
import org.agrona.DirectBuffer;

/**
 * Parses request heads out of received bytes, one complete head at a time, with Netty's codec (RFC 9112).
 *
 * <p>There is one parser per worker and nothing in it belongs to a connection: a head that is not complete is simply
 * offered again, with what followed, from its first byte. What could be read in two ways (both lengths given, folded
 * lines, white space before a colon, control characters) is refused, so that no proxy in front of us can be made to see
 * another request than we do. Not thread-safe.
 */
public final class HttpRequestParser implements AutoCloseable {
    /** Longest head taken, with the empty lines in front of it. Bytes that a connection may have waiting. */
    public static final int MAX_HEAD_BYTES = 16 * 1024;

    /** Longest request target taken. RFC 9112 3 asks for 8,000; the paths of a volume are far shorter. */
    public static final int MAX_TARGET_BYTES = 4 * 1024;

    /** Longest content that is read and dropped to keep a connection. */
    public static final int MAX_BODY_BYTES = 64 * 1024;

    /** Longest registered method, two spaces, {@code HTTP/1.1} and CRLF beside the target. */
    private static final int MAX_REQUEST_LINE_BYTES = MAX_TARGET_BYTES + 32;

    private static final Set<HttpMethod> UNSUPPORTED = Set.of(
            HttpMethod.POST, HttpMethod.PUT, HttpMethod.DELETE, HttpMethod.PATCH, HttpMethod.TRACE, HttpMethod.CONNECT);

    private final byte[] head = new byte[MAX_HEAD_BYTES];
    private final ByteBuf headBuf = Unpooled.wrappedBuffer(head);
    private final RequestHeadDecoder decoder = new RequestHeadDecoder(MAX_HEAD_BYTES);
    private final RequestFields fields = new RequestFields();

    /**
     * Parses the head that begins at {@code offset}.
     *
     * @param buffer received bytes; only read
     * @param offset first byte
     * @param length bytes there
     * @param out filled when the result is above 0
     * @return above 0: bytes of the head, {@code out} is filled, and its {@link HttpRequest#bodyBytesToSkip} bytes
     *     follow; 0: incomplete, offer it again with more; below 0: the negated status to answer with before the
     *     connection is closed (400, 413, 414, 431, 501, 505)
     */
    public int parse(DirectBuffer buffer, int offset, int length, HttpRequest out) {
        out.clear();
        int limit = Math.min(length, MAX_HEAD_BYTES);
        int start = HeadBytes.skipEmptyLines(buffer, offset, limit);
        if (start < 0) {
            return -400;
        }
        if (start < limit && !HeadBytes.isTokenCharacter(buffer.getByte(offset + start)) && start + 1 < limit) {
            return -400;
        }
        int requestLineEnd = HeadBytes.indexOfLineFeed(buffer, offset, start, limit);
        int requestLine = (requestLineEnd < 0 ? limit : requestLineEnd) - start;
        if (requestLine > MAX_REQUEST_LINE_BYTES) {
            return -414;
        }
        int end = requestLineEnd < 0 ? -1 : HeadBytes.endOfHead(buffer, offset, requestLineEnd, limit);
        if (end < 0) {
            return limit == MAX_HEAD_BYTES ? -431 : 0;
        }
        int headLength = end - start;
        buffer.getBytes(offset + start, head, 0, headLength);
        if (!HeadBytes.isClean(head, headLength)) {
            return -400;
        }
        int status = decode(headLength, out);
        return status == 0 ? end : -status;
    }

    /** @return 0, or the status to refuse with */
    private int decode(int headLength, HttpRequest out) {
        headBuf.setIndex(0, headLength);
        io.netty.handler.codec.http.HttpRequest request = decoder.decodeHead(headBuf);
        if (request == null || headBuf.isReadable()) {
            return 400;
        }
        HttpVersion version = request.protocolVersion();
        if (!version.protocolName().equals("HTTP")) {
            return 400;
        }
        if (version.majorVersion() != 1) {
            return 505;
        }
        out.http11 = version.minorVersion() >= 1;
        if (!fields.read(request.headers(), out) || out.http11 && out.host == null) {
            return 400;
        }
        int status = framing(out);
        if (status == 0) {
            status = target(request, out);
        }
        return status;
    }

    /** RFC 9112 6: how long the content is; and 9.3: whether the connection persists. */
    private int framing(HttpRequest out) {
        if (decoder.hadTransferEncoding()) {
            return out.contentLength >= 0 || !out.http11 ? 400 : 501;
        }
        if (out.contentLength > MAX_BODY_BYTES) {
            return 413;
        }
        out.bodyBytesToSkip = Math.max(0, out.contentLength);
        String connection = out.connection;
        out.keepAlive = connection == null
                ? out.http11
                : !RequestFields.hasToken(connection, "close")
                        && (out.http11 || RequestFields.hasToken(connection, "keep-alive"));
        if (out.expect != null && out.http11) {
            expectation(out);
        }
        return 0;
    }

    /**
     * RFC 9110 10.1.1. The answer comes at once, without the content; whether a client that waits for a 100 then still
     * sends it is open, so the connection cannot go on.
     */
    private static void expectation(HttpRequest out) {
        out.expectationFailed = !out.expect.equalsIgnoreCase("100-continue");
        if (out.bodyBytesToSkip > 0) {
            out.bodyBytesToSkip = 0;
            out.keepAlive = false;
        }
    }

    private static int target(io.netty.handler.codec.http.HttpRequest request, HttpRequest out) {
        String target = request.uri();
        if (target.length() > MAX_TARGET_BYTES) {
            return 414;
        }
        HttpMethod method = request.method();
        if (method.equals(HttpMethod.GET)) {
            out.method = Method.GET;
        } else if (method.equals(HttpMethod.HEAD)) {
            out.method = Method.HEAD;
        } else if (method.equals(HttpMethod.OPTIONS)) {
            out.method = Method.OPTIONS;
        } else if (!UNSUPPORTED.contains(method)) {
            return 501;
        }
        boolean pathless = out.method == Method.OPTIONS && target.equals("*") || method.equals(HttpMethod.CONNECT);
        out.path = pathless ? "*" : ObjectPath.resolve(target);
        return out.path == null ? 400 : 0;
    }

    @Override
    public void close() {
        decoder.close();
        headBuf.release();
    }
}
