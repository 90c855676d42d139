package dev.diskcryptnet.e2e.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLContext;

/**
 * A program that gets one object again and again on kept connections and compares each byte with a file. To each line on
 * its standard input it answers what it has got so far and the longest pause since the line before.
 *
 * <p>Arguments: host, path, file with the object's bytes, connections, bytes a second of each connection or 0 for all
 * that there is; for TLS on port 443 also the file of the trusted authority.
 */
public final class StreamClient {
    private static final int PIECE_BYTES = 256 << 10;
    private static final int TIMEOUT_MS = 30_000;

    private final String host;
    private final String path;
    private final ByteBuffer expected;
    private final long bytesPerSecond;
    private final SSLContext tls;
    private final LongAdder received = new LongAdder();
    private final AtomicLong longestPauseNs = new AtomicLong();

    /** @param tls null for plain HTTP */
    private StreamClient(String host, String path, ByteBuffer expected, long bytesPerSecond, SSLContext tls) {
        this.host = host;
        this.path = path;
        this.expected = expected;
        this.bytesPerSecond = bytesPerSecond;
        this.tls = tls;
    }

    /** Ends with 1, and says why, as soon as anything is not as it must be. */
    public static void main(String[] arguments) throws Exception {
        ByteBuffer expected;
        try (FileChannel file = FileChannel.open(Path.of(arguments[2]))) {
            expected = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
        }
        SSLContext tls = arguments.length > 5 ? TrustedTls.context(Path.of(arguments[5])) : null;
        var client = new StreamClient(arguments[0], arguments[1], expected, Long.parseLong(arguments[4]), tls);
        for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
            Thread.ofPlatform().daemon().start(client::run);
        }
        var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (commands.readLine() != null) {
            System.out.println(
                    "received=" + client.received.sum() + " pauseMs=" + client.longestPauseNs.getAndSet(0) / 1_000_000);
        }
    }

    private void run() {
        try (Socket socket = connect()) {
            byte[] request = ("GET " + path + " HTTP/1.1\r\nHost: " + Family.inUrl(host) + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
            var piece = new byte[PIECE_BYTES];
            long startNs = System.nanoTime();
            long total = 0;
            while (true) {
                socket.getOutputStream().write(request);
                total = response(socket.getInputStream(), piece, startNs, total);
            }
        } catch (IOException | IllegalStateException e) {
            System.out.println("broken " + e);
            System.exit(1);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = tls == null ? new Socket() : tls.getSocketFactory().createSocket();
        socket.setSoTimeout(TIMEOUT_MS);
        socket.connect(new InetSocketAddress(host, tls == null ? 80 : 443), TIMEOUT_MS);
        return socket;
    }

    private long response(InputStream in, byte[] piece, long startNs, long totalBefore) throws IOException {
        String head = head(in);
        if (!head.startsWith("HTTP/1.1 200 ")) {
            throw new IllegalStateException(head);
        }
        long total = totalBefore;
        for (int at = 0; at < expected.limit(); ) {
            long askedNs = System.nanoTime();
            int length = in.read(piece, 0, Math.min(piece.length, expected.limit() - at));
            longestPauseNs.accumulateAndGet(System.nanoTime() - askedNs, Math::max);
            if (length < 0) {
                throw new IllegalStateException("ended at " + at + " of " + expected.limit());
            }
            int differs = expected.slice(at, length).mismatch(ByteBuffer.wrap(piece, 0, length));
            if (differs >= 0) {
                throw new IllegalStateException("differs at " + (at + differs));
            }
            at += length;
            total += length;
            received.add(length);
            pace(startNs, total);
        }
        return total;
    }

    private void pace(long startNs, long total) {
        if (bytesPerSecond > 0) {
            long dueNs = startNs + (long) (total * 1e9 / bytesPerSecond);
            java.util.concurrent.locks.LockSupport.parkNanos(dueNs - System.nanoTime());
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new byte[2048];
        for (int i = 0; i < head.length; i++) {
            int next = in.read();
            if (next < 0) {
                throw new IllegalStateException("ended in a head");
            }
            head[i] = (byte) next;
            if (i >= 3 && next == '\n' && head[i - 2] == '\n') {
                return new String(Arrays.copyOf(head, i + 1), StandardCharsets.US_ASCII);
            }
        }
        throw new IllegalStateException("a head of more than " + head.length + " bytes");
    }
}
