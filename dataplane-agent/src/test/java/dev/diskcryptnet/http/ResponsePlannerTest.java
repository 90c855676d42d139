package dev.diskcryptnet.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponsePlannerTest {
    private static final TestResource FILM = TestResource.ofSize(10_000);

    private final Exchange exchange = new Exchange();

    @AfterEach
    void closeExchange() {
        exchange.close();
    }

    private Answer get(String fields) {
        return exchange.send("GET /a.mp4 HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", FILM);
    }

    @Test
    void shouldSendTheWholeObject() {
        Answer answer = get("");
        assertEquals("HTTP/1.1 200 OK", answer.statusLine());
        assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", answer.field("Date"));
        assertEquals("dcn", answer.field("Server"));
        assertEquals("10000", answer.field("Content-Length"));
        assertEquals("video/mp4", answer.field("Content-Type"));
        assertEquals("\"v1\"", answer.field("ETag"));
        assertEquals("Sat, 05 Nov 1994 08:49:37 GMT", answer.field("Last-Modified"));
        assertEquals("bytes", answer.field("Accept-Ranges"));
        assertEquals("public, max-age=86400", answer.field("Cache-Control"));
        assertEquals("*", answer.field("Access-Control-Allow-Origin"));
        assertTrue(answer.field("Access-Control-Expose-Headers").contains("Content-Range"));
        assertEquals("*", answer.field("Timing-Allow-Origin"));
        assertEquals("nosniff", answer.field("X-Content-Type-Options"));
        assertNull(answer.field("Connection"));
        assertTrue(answer.keepAlive());
        assertEquals("0+10000", answer.resourcePieces());
    }

    @Test
    void shouldAnswerHeadAsGetWithoutContent() {
        Answer answer = exchange.send("HEAD / HTTP/1.1\r\nHost: h\r\nRange: bytes=0-1\r\n\r\n", FILM);
        assertEquals(200, answer.status());
        assertEquals("10000", answer.field("Content-Length"));
        assertEquals("", answer.resourcePieces());
        assertEquals("", answer.madeBody());
    }

    @Test
    void shouldSendAnEmptyObject() {
        Answer answer = exchange.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", TestResource.ofSize(0));
        assertEquals(200, answer.status());
        assertEquals("0", answer.field("Content-Length"));
        assertEquals("", answer.resourcePieces());
    }

    @ParameterizedTest
    @CsvSource({
        "bytes=0-0, 0+1, bytes 0-0/10000",
        "bytes=0-499, 0+500, bytes 0-499/10000",
        "bytes=9500-, 9500+500, bytes 9500-9999/10000",
        "bytes=-500, 9500+500, bytes 9500-9999/10000",
        "bytes=-20000, 0+10000, bytes 0-9999/10000",
        "bytes=0-99999999999999999999, 0+10000, bytes 0-9999/10000",
        "BYTES=5-6, 5+2, bytes 5-6/10000",
        "'bytes= 5-6 , ,', 5+2, bytes 5-6/10000",
        "'bytes=20000-,7-7', 7+1, bytes 7-7/10000",
        "'bytes=0-9,5-20', 0+21, bytes 0-20/10000",
        "'bytes=50-99,0-49', 0+100, bytes 0-99/10000",
        "'bytes=0-,0-,0-,0-', 0+10000, bytes 0-9999/10000",
    })
    void shouldSendOneRange(String range, String pieces, String contentRange) {
        Answer answer = get("Range: " + range + "\r\n");
        assertEquals(206, answer.status());
        assertEquals(contentRange, answer.field("Content-Range"));
        assertEquals(pieces, answer.resourcePieces());
        assertEquals(pieces.substring(pieces.indexOf('+') + 1), answer.field("Content-Length"));
        assertEquals("video/mp4", answer.field("Content-Type"));
        assertEquals("\"v1\"", answer.field("ETag"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bytes=",
                "bytes=-",
                "bytes=a-b",
                "bytes=5-4",
                "bytes=1-2x",
                "bytes=1 -2",
                "bytes 0-1",
                "items=0-1",
                "bytes=,",
                "bytes=0-1,x",
                "bytes=--1",
                "bytes=0x1-2"
            })
    void shouldIgnoreARangeItDoesNotUnderstand(String range) {
        Answer answer = get("Range: " + range + "\r\n");
        assertEquals(200, answer.status());
        assertEquals("0+10000", answer.resourcePieces());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999999999999999999-", "bytes=10000-,-0"
            })
    void shouldRefuseRangesOutsideTheObject(String range) {
        Answer answer = get("Range: " + range + "\r\n");
        assertEquals(416, answer.status());
        assertEquals("bytes */10000", answer.field("Content-Range"));
        assertEquals("", answer.resourcePieces());
        assertTrue(answer.keepAlive());
    }

    @Test
    void shouldTreatRangesOfAnEmptyObject() {
        TestResource empty = TestResource.ofSize(0);
        String start = "GET / HTTP/1.1\r\nHost: h\r\nRange: bytes=";
        assertEquals(416, exchange.send(start + "0-\r\n\r\n", empty).status());
        assertEquals(200, exchange.send(start + "-5\r\n\r\n", empty).status());
    }

    @Test
    void shouldSendSeveralRangesAsParts() {
        Answer answer = get("Range: bytes=9000-9001,0-9, -1\r\n");
        assertEquals(206, answer.status());
        assertNull(answer.field("Content-Range"));
        assertEquals("9000+2 0+10 9999+1", answer.resourcePieces());
        String type = answer.field("Content-Type");
        assertTrue(type.startsWith("multipart/byteranges; boundary="), type);
        String boundary = type.substring(type.indexOf('=') + 1);
        String part = "\r\n--" + boundary + "\r\nContent-Type: video/mp4\r\nContent-Range: bytes ";
        String body = part + "9000-9001/10000\r\n\r\n" + part + "0-9/10000\r\n\r\n" + part + "9999-9999/10000\r\n\r\n"
                + "\r\n--" + boundary + "--\r\n";
        assertEquals(body, answer.madeBody());
        assertEquals(body.length() + 13, Long.parseLong(answer.field("Content-Length")));
        assertNotEquals(type, get("Range: bytes=9000-9001,0-9\r\n").field("Content-Type"));
    }

    @Test
    void shouldSendTheWholeWhenTooManyRangesAreAskedFor() {
        var range = new StringBuilder("bytes=0-0");
        for (int i = 1; i < ByteRanges.MAX_RANGES; i++) {
            range.append(',').append(i * 200).append('-').append(i * 200);
        }
        Answer most = get("Range: " + range + "\r\n");
        assertEquals(206, most.status());
        assertEquals(ByteRanges.MAX_RANGES, most.resourcePieces().split(" ").length);
        assertEquals(200, get("Range: " + range + ",9999-\r\n").status());
    }

    /** RFC 9110 13.2.2, in its order. FILM: etag "v1", modified on 5 November 1994; now is a day later. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "13.1.1 | If-Match: \"v1\" | 200",
                "13.1.1 | If-Match: \"v0\", \"v1\" | 200",
                "13.1.1 | If-Match: * | 200",
                "13.1.1 | If-Match: \"v0\" | 412",
                "13.1.1 strong comparison | If-Match: W/\"v1\" | 412",
                "13.1.1 malformed | If-Match: v1 | 412",
                "13.1.2 | If-None-Match: \"v1\" | 304",
                "13.1.2 weak comparison | If-None-Match: W/\"v1\" | 304",
                "13.1.2 comma in a tag | If-None-Match: \"a,\", \"v1\" | 304",
                "13.1.2 part of a tag | If-None-Match: \"xv1\" | 200",
                "13.1.2 in a tag's text | If-None-Match: \"a\"v1\"\" | 200",
                "13.1.2 | If-None-Match: * | 304",
                "13.1.2 | If-None-Match: \"v0\" | 200",
                "13.1.3 | If-Modified-Since: Sat, 05 Nov 1994 08:49:37 GMT | 304",
                "13.1.3 later | If-Modified-Since: Sat, 05 Nov 1994 08:49:38 GMT | 304",
                "13.1.3 earlier | If-Modified-Since: Sat, 05 Nov 1994 08:49:36 GMT | 200",
                "5.6.7 RFC 850 date | If-Modified-Since: Saturday, 05-Nov-94 08:49:37 GMT | 304",
                "5.6.7 asctime date | If-Modified-Since: Sat Nov  5 08:49:37 1994 | 304",
                "13.1.3 malformed | If-Modified-Since: yesterday | 200",
                "13.1.3 too long | If-Modified-Since: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | 200",
                "13.1.4 | If-Unmodified-Since: Sat, 05 Nov 1994 08:49:37 GMT | 200",
                "13.1.4 | If-Unmodified-Since: Sat, 05 Nov 1994 08:49:36 GMT | 412",
                "13.1.4 malformed | If-Unmodified-Since: x | 200",
                "step 1 before 2 | If-Match: \"v1\"; If-Unmodified-Since: Sat, 05 Nov 1994 08:49:36 GMT | 200",
                "step 3 before 4 | If-None-Match: \"v0\"; If-Modified-Since: Sat, 05 Nov 1994 08:49:37 GMT | 200",
                "step 1 before 3 | If-Match: \"v0\"; If-None-Match: \"v1\" | 412",
                "step 1 then 3 | If-Match: \"v1\"; If-None-Match: \"v1\" | 304",
                "step 3 before 5 | If-None-Match: \"v1\"; Range: bytes=0-1 | 304",
                "step 1 before 5 | If-Match: \"v0\"; Range: bytes=99999- | 412",
                "13.1.5 | If-Range: \"v1\"; Range: bytes=0-1 | 206",
                "13.1.5 | If-Range: \"v0\"; Range: bytes=0-1 | 200",
                "13.1.5 strong comparison | If-Range: W/\"v1\"; Range: bytes=0-1 | 200",
                "13.1.5 date | If-Range: Sat, 05 Nov 1994 08:49:37 GMT; Range: bytes=0-1 | 206",
                "13.1.5 exact date | If-Range: Sat, 05 Nov 1994 08:49:38 GMT; Range: bytes=0-1 | 200",
                "13.1.5 malformed | If-Range: v1; Range: bytes=0-1 | 200",
                "13.1.5 not held, no 416 | If-Range: \"v0\"; Range: bytes=99999- | 200",
                "13.1.5 alone | If-Range: \"v1\" | 200",
            })
    void shouldEvaluateConditions(String clause, String fields, int status) {
        Answer answer = get(fields.replace("; ", "\r\n") + "\r\n");
        assertEquals(status, answer.status(), clause);
        if (status == 304) {
            assertNull(answer.field("Content-Length"));
            assertEquals("\"v1\"", answer.field("ETag"));
            assertEquals("", answer.madeBody());
        }
    }

    @Test
    void shouldNotTrustADateThatIsOnlyJustOver() {
        String fields = "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\nRange: bytes=0-1\r\n\r\n";
        TestResource young = new TestResource(100, "video/mp4", "\"y\"", Exchange.NOW_MS);
        assertEquals(
                200,
                exchange.send("GET / HTTP/1.1\r\nHost: h\r\n" + fields, young).status());
    }

    @Test
    void shouldNotSayModifiedAfterNow() {
        TestResource ahead = new TestResource(100, "video/mp4", "\"y\"", Exchange.NOW_MS + 60_000);
        Answer answer = exchange.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", ahead);
        assertEquals(answer.field("Date"), answer.field("Last-Modified"));
    }

    @Test
    void shouldIgnoreConditionsWhenThereIsNoObject() {
        Answer answer = exchange.send("GET /x HTTP/1.1\r\nHost: h\r\nIf-Match: *\r\nRange: bytes=0-1\r\n\r\n", null);
        assertEquals(404, answer.status());
        assertEquals("404 Not Found: no object has this path\n", answer.madeBody());
        assertEquals("" + answer.madeBody().length(), answer.field("Content-Length"));
        assertEquals("*", answer.field("Access-Control-Allow-Origin"));
        assertTrue(answer.keepAlive());
    }

    @Test
    void shouldSayTheLengthButSendNoBodyForAnErrorToHead() {
        Answer answer = exchange.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n", null);
        assertEquals(404, answer.status());
        assertEquals("39", answer.field("Content-Length"));
        assertEquals("", answer.madeBody());
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.1, '', true, ",
        "HTTP/1.1, close, false, close",
        "HTTP/1.0, '', false, close",
        "HTTP/1.0, keep-alive, true, keep-alive",
    })
    void shouldSayWhatBecomesOfTheConnection(String version, String asked, boolean keepAlive, String said) {
        String field = asked.isEmpty() ? "" : "Connection: " + asked + "\r\n";
        Answer answer = exchange.send("GET / " + version + "\r\nHost: h\r\n" + field + "\r\n", FILM);
        assertEquals(keepAlive, answer.keepAlive());
        assertEquals(said, answer.field("Connection"));
    }

    @Test
    void shouldAnswerAPreflight() {
        Answer answer = exchange.send(
                "OPTIONS /a.mp4 HTTP/1.1\r\nHost: h\r\nOrigin: http://o\r\nAccess-Control-Request-Method: GET\r\n"
                        + "Access-Control-Request-Headers: range\r\n\r\n",
                null);
        assertEquals(204, answer.status());
        assertNull(answer.field("Content-Length"), "RFC 9110 8.6");
        assertEquals("GET, HEAD, OPTIONS", answer.field("Access-Control-Allow-Methods"));
        assertTrue(answer.field("Access-Control-Allow-Headers").contains("Range"));
        assertEquals("86400", answer.field("Access-Control-Max-Age"));
    }

    @Test
    void shouldAnswerPlainOptionsWithAllow() {
        Answer answer = exchange.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", null);
        assertEquals(204, answer.status());
        assertEquals("GET, HEAD, OPTIONS", answer.field("Allow"));
        assertNull(answer.field("Access-Control-Allow-Methods"));
    }

    @Test
    void shouldSayWhichMethodsThereAre() {
        Answer answer = exchange.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n", FILM);
        assertEquals(405, answer.status());
        assertEquals("GET, HEAD, OPTIONS", answer.field("Allow"));
    }

    @Test
    void shouldRefuseWhatIsExpectedInVain() {
        assertEquals(417, get("Expect: tea\r\n").status());
        assertEquals(200, get("Expect: 100-continue\r\n").status());
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 408, 413, 414, 431, 500, 501, 503, 505})
    void shouldMakeErrorsOfItsOwn(int status) {
        Answer answer = Answer.of(exchange.planner.error(status, false, Exchange.NOW_MS));
        assertEquals(status, answer.status());
        assertEquals("close", answer.field("Connection"));
        assertEquals("no-store", answer.field("Cache-Control"));
        assertEquals("" + answer.madeBody().length(), answer.field("Content-Length"));
        assertTrue(answer.madeBody().startsWith(status + " "));
        assertEquals(status == 503, answer.field("Retry-After") != null);
        assertFalse(answer.keepAlive());
    }

    @ParameterizedTest
    @CsvSource({
        "application/vnd.apple.mpegurl, 2",
        "application/dash+xml, 2",
        "text/html; charset=utf-8, 60",
        "video/mp2t, 86400",
        "text/vtt, 86400"
    })
    void shouldLetCachesKeepMediaLongerThanPlaylists(String type, int seconds) {
        TestResource resource = new TestResource(1, type, "\"e\"", 0);
        Answer answer = exchange.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", resource);
        assertEquals("public, max-age=" + seconds, answer.field("Cache-Control"));
    }

    @Test
    void shouldNeverLetAStoredValueBreakAHead() {
        TestResource evil = new TestResource(Long.MAX_VALUE, "a\r\nX: y", "\"\r\n\"", -1);
        Answer answer = exchange.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", evil);
        assertEquals("application/octet-stream", answer.field("Content-Type"));
        assertNull(answer.field("ETag"));
        assertNull(answer.field("X"));
    }

    @Test
    void shouldKeepTheLongestHeadUnderOneKibibyte() {
        TestResource longest =
                new TestResource(Long.MAX_VALUE, "t/" + "x".repeat(253), "\"" + "e".repeat(62) + "\"", Exchange.NOW_MS);
        String start = "GET / HTTP/1.0\r\nConnection: keep-alive\r\nRange: bytes=";
        for (String range : new String[] {"8223372036854775807-", "0-0,-1"}) {
            Answer answer = exchange.send(start + range + "\r\n\r\n", longest);
            assertEquals(206, answer.status());
            assertTrue(answer.headLength() < 1024, "headLength=" + answer.headLength());
        }
    }
}
