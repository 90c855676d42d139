package dev.diskcryptnet.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpRequestParserTest {
    private final HttpRequestParser parser = new HttpRequestParser();
    private final HttpRequest request = new HttpRequest();

    @AfterEach
    void closeParser() {
        parser.close();
    }

    private int parse(String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        var buffer = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(bytes.length + 7));
        buffer.putBytes(7, bytes);
        return parser.parse(buffer, 7, bytes.length, request);
    }

    private static String get(String fields) {
        return "GET /a.mp4 HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
    }

    @Test
    void shouldFillEveryFieldOfARequest() {
        String text = "GET /films/a%20b.mp4?token=1 HTTP/1.1\r\nhost: example.org:8080\r\nrange: bytes=0-1\r\n"
                + "If-Range: \"e\"\r\nIf-Match: \"a\"\r\nif-match: \"b\"\r\nIf-None-Match: \"c\"\r\n"
                + "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "If-Unmodified-Since: Mon, 07 Nov 1994 08:49:37 GMT\r\n"
                + "Origin: http://o\r\nAccess-Control-Request-Method: GET\r\n"
                + "Access-Control-Request-Headers: range\r\nUser-Agent: \u00e4\r\n\r\n";
        assertEquals(text.length(), parse(text));
        assertEquals(Method.GET, request.method());
        assertEquals("/films/a b.mp4", request.path());
        assertTrue(request.http11());
        assertTrue(request.keepAlive());
        assertEquals("bytes=0-1", request.range());
        assertEquals("\"e\"", request.ifRange());
        assertEquals("\"a\", \"b\"", request.ifMatch());
        assertEquals("\"c\"", request.ifNoneMatch());
        assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", request.ifModifiedSince());
        assertEquals("Mon, 07 Nov 1994 08:49:37 GMT", request.ifUnmodifiedSince());
        assertEquals("http://o", request.origin());
        assertEquals("GET", request.accessControlRequestMethod());
        assertEquals("range", request.accessControlRequestHeaders());
        assertEquals(0, request.bodyBytesToSkip());
    }

    @Test
    void shouldForgetTheRequestBefore() {
        parse(get("Range: bytes=0-1\r\nIf-None-Match: \"a\"\r\nContent-Length: 5\r\n"));
        assertTrue(parse("HEAD / HTTP/1.0\r\n\r\n") > 0);
        assertEquals(Method.HEAD, request.method());
        assertNull(request.range());
        assertNull(request.ifNoneMatch());
        assertEquals(0, request.bodyBytesToSkip());
        assertFalse(request.http11());
    }

    @ParameterizedTest
    @CsvSource({
        "/, /index.html",
        "/a, /a",
        "/a/, /a/index.html",
        "/a?b=/../c, /a",
        "/a/../b, /b",
        "/../../etc/passwd, /etc/passwd",
        "/%2e%2e/%2E./b, /b",
        "/..%2f..%2fb, /b",
        "/a/./b//c, /a/b/c",
        "/a/b/.., /a/index.html",
        "/a/b/., /a/b/index.html",
        "/%252e%252e/a, /%2e%2e/a",
        "/...%20/.a, '/... /.a'",
        "/%C3%A4, /ä",
        "/\u00c3\u00a4, /ä",
        "http://h, /index.html",
        "http://h?q, /index.html",
        "HTTP://u@h:1/x/y?z, /x/y",
        "https://h//x, /x",
    })
    void shouldResolveTargets(String target, String path) {
        String text = "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
        assertEquals(text.length(), parse(text));
        assertEquals(path, request.path());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "a",
                "//\u0000",
                "/%00",
                "/%0d%0aX:y",
                "/%7f",
                "/%",
                "/%4",
                "/%zz",
                "/%ff",
                "/%c0%af",
                "/a#b",
                "http://",
                "ftp://h/a",
                "http:/a",
                "/%\uff11\uff11",
                "/a b",
                "/a\tb",
                "\\a"
            })
    void shouldRefuseTargets(String target) {
        assertEquals(-400, parse("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of("RFC 9112 3.2: no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
                Arguments.of("RFC 9112 3.2: two Hosts", 400, get("Host: h\r\n")),
                Arguments.of("RFC 9112 3.2: bad Host", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
                Arguments.of("RFC 9112 3.2: bad Host in 1.0", 400, "GET / HTTP/1.0\r\nHost: a b\r\n\r\n"),
                Arguments.of(
                        "RFC 9112 6.3: both lengths", 400, get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
                Arguments.of(
                        "RFC 9112 6.3: both, other way",
                        400,
                        get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
                Arguments.of("RFC 9112 6.3: two lengths", 400, get("Content-Length: 5\r\nContent-Length: 6\r\n")),
                Arguments.of("two equal lengths", 400, get("Content-Length: 5\r\nContent-Length: 5\r\n")),
                Arguments.of("a list of lengths", 400, get("Content-Length: 5, 5\r\n")),
                Arguments.of("negative length", 400, get("Content-Length: -1\r\n")),
                Arguments.of("signed length", 400, get("Content-Length: +1\r\n")),
                Arguments.of("hexadecimal length", 400, get("Content-Length: 0x10\r\n")),
                Arguments.of("empty length", 400, get("Content-Length: \r\n")),
                Arguments.of("enormous length", 400, get("Content-Length: 99999999999999999999\r\n")),
                Arguments.of("content too long", 413, get("Content-Length: 65537\r\n")),
                Arguments.of("chunked", 501, get("Transfer-Encoding: chunked\r\n")),
                Arguments.of("unknown coding", 501, get("Transfer-Encoding: gzip\r\n")),
                Arguments.of(
                        "RFC 9112 6.1: chunked in 1.0", 400, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
                Arguments.of("RFC 9112 5.2: obs-fold", 400, get("X: a\r\n b\r\n")),
                Arguments.of("folded first field", 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
                Arguments.of("RFC 9112 5.1: space before colon", 400, get("Range : bytes=0-1\r\n")),
                Arguments.of("tab before colon", 400, get("Content-Length\t: 5\r\n")),
                Arguments.of("no name", 400, get(": a\r\n")),
                Arguments.of("no colon", 400, get("Range\r\n")),
                Arguments.of("name is no token", 400, get("X(y): a\r\n")),
                Arguments.of("NUL in value", 400, get("X: a\0b\r\n")),
                Arguments.of("NUL in name", 400, get("X\0: a\r\n")),
                Arguments.of("control in value", 400, get("X: a\u0007\r\n")),
                Arguments.of("RFC 9112 2.2: bare CR", 400, get("X: a\rContent-Length: 5\r\n")),
                Arguments.of("CR CR LF", 400, "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n"),
                Arguments.of("bare CR first", 400, "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
                Arguments.of("repeated singleton", 400, get("Range: bytes=0-1\r\nRange: bytes=2-3\r\n")),
                Arguments.of("no version", 400, "GET /\r\n\r\n"),
                Arguments.of("no target", 400, "GET HTTP/1.1\r\nHost: h\r\n\r\n"),
                Arguments.of("bad version", 400, "GET / HTTP/1.x\r\nHost: h\r\n\r\n"),
                Arguments.of("other protocol", 400, "GET / ICY/1.1\r\nHost: h\r\n\r\n"),
                Arguments.of("version 2", 505, "PRI * HTTP/2.0\r\n\r\n"),
                Arguments.of("version 3", 505, "GET / HTTP/3.0\r\nHost: h\r\n\r\n"),
                Arguments.of("unknown method", 501, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n"),
                Arguments.of("methods have a case", 501, "get / HTTP/1.1\r\nHost: h\r\n\r\n"),
                Arguments.of("TLS", 400, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000"),
                Arguments.of("leading space", 400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
                Arguments.of("target too long", 414, "GET /" + "a".repeat(4096) + " HTTP/1.1\r\nHost: h\r\n\r\n"),
                Arguments.of("line too long, no end", 414, "GET /" + "a".repeat(5000)),
                Arguments.of("head too long", 431, get("X: " + "a".repeat(16384) + "\r\n")),
                Arguments.of("head too long, no end", 431, "GET / HTTP/1.1\r\nX: " + "a".repeat(16384)),
                Arguments.of("empty lines for ever", 431, "\r\n".repeat(8192)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void shouldRefuse(String clause, int status, String text) {
        assertEquals(-status, parse(text), clause);
        assertTrue(parse(get("")) > 0, "the parser goes on with the next connection");
    }

    @ParameterizedTest
    @CsvSource({
        "1.1, , true",
        "1.1, close, false",
        "1.1, 'upgrade, Close', false",
        "1.1, keep-alive, true",
        "1.2, , true",
        "1.0, , false",
        "1.0, keep-alive, true",
        "1.0, 'x, Keep-Alive', true",
        "1.0, 'keep-alive, close', false",
        "1.0, not-keep-alive, false",
    })
    void shouldKeepConnectionsAsRfc9112Section9Says(String version, String connection, boolean keepAlive) {
        String field = connection == null ? "" : "Connection: " + connection + "\r\n";
        assertTrue(parse("GET / HTTP/" + version + "\r\nHost: h\r\n" + field + "\r\n") > 0);
        assertEquals(keepAlive, request.keepAlive());
    }

    @ParameterizedTest
    @CsvSource({"POST", "PUT", "DELETE", "PATCH", "TRACE"})
    void shouldKnowMethodsItDoesNotSupport(String method) {
        assertTrue(parse(method + " /a HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n") > 0);
        assertEquals(Method.UNSUPPORTED, request.method());
        assertEquals(7, request.bodyBytesToSkip());
    }

    @Test
    void shouldTakeAsteriskForOptionsAndAuthorityForConnect() {
        assertTrue(parse("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n") > 0);
        assertEquals("*", request.path());
        assertTrue(parse("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n") > 0);
        assertEquals(Method.UNSUPPORTED, request.method());
    }

    @Test
    void shouldTakeBareLineFeedsAndEmptyLinesInFront() {
        String text = "\r\n\nGET /x HTTP/1.1\nHost: h\nRange: bytes=1-\n\n";
        assertEquals(text.length(), parse(text + "GET /next"));
        assertEquals("/x", request.path());
        assertEquals("bytes=1-", request.range());
    }

    @Test
    void shouldStopAtTheEndOfTheFirstOfPipelinedRequests() {
        String first = get("Content-Length: 3\r\n");
        assertEquals(first.length(), parse(first + "abc" + get("")));
        assertEquals(3, request.bodyBytesToSkip());
    }

    @Test
    void shouldTakeHeadsUpToTheLimit() {
        int rest = HttpRequestParser.MAX_HEAD_BYTES - get("X: \r\n").length();
        assertEquals(HttpRequestParser.MAX_HEAD_BYTES, parse(get("X: " + "a".repeat(rest) + "\r\n")));
        assertEquals(-431, parse(get("X: " + "a".repeat(rest + 1) + "\r\n")));
        String target = "/" + "a".repeat(HttpRequestParser.MAX_TARGET_BYTES - 1);
        assertTrue(parse("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n") > 0);
    }

    @Test
    void shouldJudgeExpectations() {
        assertTrue(parse(get("Expect: 100-continue\r\nContent-Length: 9\r\n")) > 0);
        assertFalse(request.expectationFailed());
        assertFalse(request.keepAlive(), "nobody knows whether the content will come");
        assertEquals(0, request.bodyBytesToSkip());
        assertTrue(parse(get("Expect: 100-Continue\r\n")) > 0);
        assertTrue(request.keepAlive());
        assertTrue(parse(get("Expect: a-cake\r\n")) > 0);
        assertTrue(request.expectationFailed());
    }

    @Test
    void shouldGiveTheSameResultHoweverTheBytesArrive() {
        Stream<String> good = Stream.of(
                get("Range: bytes=0-1\r\n"),
                "\r\n\nGET / HTTP/1.0\n\n",
                get("Content-Length: 3\r\n") + "abc" + get(""));
        Stream<String> bad = refusals().map(a -> (String) a.get()[2]);
        Stream.concat(good, bad).forEach(text -> {
            int whole = parse(text);
            byte[] bytes = text.getBytes(ISO_8859_1);
            int result = 0;
            for (int length = 0; length <= bytes.length && result == 0; length++) {
                result = parser.parse(new UnsafeBuffer(bytes), 0, length, request);
            }
            assertEquals(whole, result, text.substring(0, Math.min(80, text.length())));
        });
    }
}
