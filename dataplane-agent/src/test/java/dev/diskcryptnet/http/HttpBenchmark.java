package dev.diskcryptnet.http;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/** What one request costs to parse and to plan: nanoseconds and bytes of garbage. Run {@link #main} by hand. */
public final class HttpBenchmark {
    private static final String REQUEST = "GET /films/big-buck-bunny/1080p/segment-00042.m4s HTTP/1.1\r\n"
            + "Host: edge-01.example.org\r\nConnection: keep-alive\r\n"
            + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36\r\n"
            + "Accept: */*\r\nOrigin: https://player.example.org\r\nReferer: https://player.example.org/\r\n"
            + "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\nRange: bytes=1000-300999\r\n\r\n";
    private static final int ROUNDS = 500_000;

    private HttpBenchmark() {}

    public static void main(String[] args) {
        run("browser", REQUEST);
        run("curl", "GET /o/000042 HTTP/1.1\r\nHost: 192.0.2.1\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n");
    }

    private static void run(String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        var buffer = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(bytes.length));
        buffer.putBytes(0, bytes);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        TestResource resource = TestResource.ofSize(10_000_000);
        try (var exchange = new Exchange()) {
            for (int repeat = 0; repeat < 6; repeat++) {
                long allocated = threads.getCurrentThreadAllocatedBytes();
                long start = System.nanoTime();
                for (int i = 0; i < ROUNDS; i++) {
                    exchange.parser.parse(buffer, 0, bytes.length, exchange.request);
                }
                long parsed = System.nanoTime();
                long parseBytes = threads.getCurrentThreadAllocatedBytes() - allocated;
                int pieces = 0;
                for (int i = 0; i < ROUNDS; i++) {
                    pieces += exchange.planner
                            .plan(exchange.request, resource, Exchange.NOW_MS + i / 1000)
                            .pieces()
                            .size();
                }
                long planned = System.nanoTime();
                long planBytes = threads.getCurrentThreadAllocatedBytes() - allocated - parseBytes;
                System.out.printf(
                        "request=%s parseNs=%d parseBytes=%d planNs=%d planBytes=%d pieces=%d%n",
                        name,
                        (parsed - start) / ROUNDS,
                        parseBytes / ROUNDS,
                        (planned - parsed) / ROUNDS,
                        planBytes / ROUNDS,
                        pieces / ROUNDS);
            }
        }
    }
}
