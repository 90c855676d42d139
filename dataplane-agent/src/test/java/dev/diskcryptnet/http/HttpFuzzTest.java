package dev.diskcryptnet.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import io.netty.util.ResourceLeakDetector;
import java.time.Duration;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Generated requests: nothing is thrown, nothing hangs, nothing leaks, and arrival in pieces changes nothing. */
class HttpFuzzTest {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int ROUNDS = Boolean.getBoolean("dcn.long") ? 1_000_000 : 100_000;
    private static final Set<Integer> REFUSALS = Set.of(-400, -413, -414, -431, -501, -505);
    private static final int CAPACITY = 64 * 1024;

    private final OffHeapRegion region = OffHeapRegion.allocate(CAPACITY);
    private final UnsafeBuffer buffer = region.buffer();
    private final TreeMap<Integer, Integer> outcomes = new TreeMap<>();

    @Test
    void shouldAnswerAnythingWithoutThrowingHangingOrLeaking() {
        System.out.println("dcn.seed=" + SEED + " rounds=" + ROUNDS);
        ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        try (var exchange = new Exchange()) {
            Assertions.assertTimeout(Duration.ofMinutes(5), () -> run(exchange));
        } finally {
            ResourceLeakDetector.setLevel(before);
        }
        System.out.println("outcomes=" + outcomes);
        assertTrue(outcomes.keySet()
                .containsAll(Set.of(-400, -414, -431, -501, -505, 0, 200, 206, 304, 404, 405, 412, 416)));
    }

    private void run(Exchange exchange) {
        var random = new SplittableRandom(SEED);
        var generator = new RequestGenerator(random);
        var pieces = new HttpRequest();
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = generator.next();
            try {
                int status = exchangeOnce(exchange, bytes, random);
                outcomes.merge(status, 1, Integer::sum);
                if (round % 64 == 0) {
                    arriveInPieces(exchange.parser, bytes, pieces);
                }
            } catch (Throwable e) {
                throw new AssertionError(
                        "dcn.seed=" + SEED + " round=" + round + " request="
                                + new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1),
                        e);
            }
        }
    }

    /** @return the refusal, 0 for incomplete, or the status answered */
    private int exchangeOnce(Exchange exchange, byte[] bytes, SplittableRandom random) {
        int offset = random.nextInt(64);
        buffer.putBytes(offset, bytes);
        int parsed = exchange.parser.parse(buffer, offset, bytes.length, exchange.request);
        if (parsed == 0) {
            return 0;
        }
        if (parsed < 0) {
            assertTrue(REFUSALS.contains(parsed), "parsed=" + parsed);
            Answer.of(exchange.planner.error(-parsed, false, Exchange.NOW_MS));
            return parsed;
        }
        assertTrue(parsed <= bytes.length, "parsed=" + parsed);
        assertTrue(
                exchange.request.path().equals("*") || exchange.request.path().startsWith("/"));
        TestResource resource = random.nextInt(8) == 0 ? null : TestResource.ofSize(random.nextLong(1L << 40));
        Answer answer = Answer.of(exchange.planner.plan(exchange.request, resource, Exchange.NOW_MS));
        assertTrue(answer.headLength() < 1024, "headLength=" + answer.headLength());
        return answer.status();
    }

    private void arriveInPieces(HttpRequestParser parser, byte[] bytes, HttpRequest request) {
        buffer.putBytes(0, bytes);
        int whole = parser.parse(buffer, 0, bytes.length, request);
        String path = request.path();
        int result = 0;
        for (int length = 1; length <= bytes.length && result == 0; length++) {
            result = parser.parse(buffer, 0, length, request);
        }
        assertEquals(whole, result);
        assertEquals(path, request.path());
    }
}
