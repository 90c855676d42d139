package dev.diskcryptnet.e2e.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A program that opens many connections and keeps them. Lines that it understands:
 *
 * <ul>
 *   <li>{@code open N}: opens N more, at most so many at a time; answers {@code held=.. refused=..} and, if any was refused, why
 *   <li>{@code request}: one small request on each; answers {@code answered=.. broken=..}
 *   <li>{@code close}: closes all; answers {@code closed}
 * </ul>
 *
 * <p>Arguments: host, path, source address; and over TLS the trusted authority's file.
 */
public final class IdleClient {
    private static final int AT_A_TIME = 1_000;
    /**
     * Over TLS a handshake takes milliseconds of this program, and no order is kept among those that have begun: of a
     * thousand some would send nothing for the 15 seconds after which the agent gives a handshake up.
     */
    private static final int TLS_AT_A_TIME = 32;

    private static final int CONNECT_LIMIT_MS = 2_500;
    private static final int ANSWER_LIMIT_MS = 20_000;

    private final String host;
    private final byte[] request;
    private final String source;
    /** Null for plain HTTP. */
    private final SSLContext tls;

    private final Queue<Socket> held = new ConcurrentLinkedQueue<>();
    private final Semaphore places;

    private IdleClient(String host, String path, String source, SSLContext tls) {
        this.host = host;
        this.request = ("HEAD " + path + " HTTP/1.1\r\nHost: " + Family.inUrl(host) + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        this.source = source;
        this.tls = tls;
        this.places = new Semaphore(tls == null ? AT_A_TIME : TLS_AT_A_TIME);
    }

    /** Reads lines until the input ends. */
    public static void main(String[] arguments) throws Exception {
        SSLContext tls = arguments.length < 4 ? null : TrustedTls.context(Path.of(arguments[3]));
        var client = new IdleClient(arguments[0], arguments[1], arguments[2], tls);
        var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ");
            System.out.println(
                    switch (words[0]) {
                        case "open" -> client.open(Integer.parseInt(words[1]));
                        case "request" -> client.request();
                        case "close" -> client.close();
                        default -> "unknown command=" + line;
                    });
        }
    }

    private String open(int count) {
        var refused = new AtomicInteger();
        var reasons = new ConcurrentSkipListSet<String>();
        try (ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                tasks.submit(() -> {
                    places.acquireUninterruptibly();
                    try {
                        held.add(connect());
                    } catch (IOException e) {
                        refused.incrementAndGet();
                        reasons.add(e.toString());
                    } finally {
                        places.release();
                    }
                });
            }
        }
        return "held=" + held.size() + " refused=" + refused + (reasons.isEmpty() ? "" : " " + reasons);
    }

    private Socket connect() throws IOException {
        var socket = new Socket();
        try {
            socket.setOption(java.net.StandardSocketOptions.SO_RCVBUF, 4096);
            socket.setSoTimeout(ANSWER_LIMIT_MS);
            socket.bind(new InetSocketAddress(InetAddress.getByName(source), 0));
            socket.connect(new InetSocketAddress(host, tls == null ? 80 : 443), CONNECT_LIMIT_MS);
            return tls == null ? socket : secured(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private SSLSocket secured(Socket socket) throws IOException {
        var secured = (SSLSocket) tls.getSocketFactory().createSocket(socket, host, 443, true);
        secured.startHandshake();
        return secured;
    }

    private String request() {
        var answered = new AtomicInteger();
        var broken = new AtomicInteger();
        try (ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Socket socket : held) {
                tasks.submit(() -> {
                    places.acquireUninterruptibly();
                    try {
                        (isAnswered(socket) ? answered : broken).incrementAndGet();
                    } finally {
                        places.release();
                    }
                });
            }
        }
        return "answered=" + answered + " broken=" + broken;
    }

    private boolean isAnswered(Socket socket) {
        try {
            socket.getOutputStream().write(request);
            InputStream in = socket.getInputStream();
            int last = 0;
            for (int newlines = 0; newlines < 2; ) {
                last = in.read();
                if (last < 0) {
                    return false;
                }
                newlines = last == '\n' ? newlines + 1 : last == '\r' ? newlines : 0;
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private String close() throws IOException {
        for (Socket socket = held.poll(); socket != null; socket = held.poll()) {
            socket.close();
        }
        return "closed";
    }
}
