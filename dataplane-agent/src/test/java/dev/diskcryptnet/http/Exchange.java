package dev.diskcryptnet.http;

import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/** A parser and a planner, put together as the loop does. */
final class Exchange implements AutoCloseable {
    /** Sunday, 6 November 1994, 08:49:37 GMT: the date of RFC 9110 5.6.7. */
    static final long NOW_MS = 784_111_777_000L;

    final HttpRequestParser parser = new HttpRequestParser();
    final ResponsePlanner planner = new ResponsePlanner();
    final HttpRequest request = new HttpRequest();

    Answer send(String text, Resource resource) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int parsed = parser.parse(new UnsafeBuffer(bytes), 0, bytes.length, request);
        if (parsed == 0) {
            throw new IllegalArgumentException("request=" + text + " is not complete");
        }
        return Answer.of(parsed < 0 ? planner.error(-parsed, false, NOW_MS) : planner.plan(request, resource, NOW_MS));
    }

    @Override
    public void close() {
        parser.close();
    }
}
