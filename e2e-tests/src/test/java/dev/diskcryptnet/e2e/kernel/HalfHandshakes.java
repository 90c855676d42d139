package dev.diskcryptnet.e2e.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * A program that begins many TLS handshakes and finishes none. Lines that it understands:
 *
 * <ul>
 *   <li>{@code silent N}, {@code begun N}, {@code hello N}: opens N more connections and sends on each nothing, half a
 *       ClientHello, or a whole one; answers {@code held=.. refused=..}
 *   <li>{@code ended}: answers {@code ended=..}, how many of them the server has ended by now
 *   <li>{@code close}: closes all; answers {@code closed}
 * </ul>
 *
 * <p>Arguments: host, source address.
 */
public final class HalfHandshakes {
    private static final int AT_A_TIME = 500;
    private static final int LIMIT_MS = 5_000;

    private final String host;
    private final String source;
    private final SSLContext tls;
    private final Queue<Socket> held = new ConcurrentLinkedQueue<>();
    private final Semaphore places = new Semaphore(AT_A_TIME);

    private HalfHandshakes(String host, String source) throws GeneralSecurityException {
        this.host = host;
        this.source = source;
        this.tls = SSLContext.getDefault();
    }

    /** Reads lines until the input ends. */
    public static void main(String[] arguments) throws Exception {
        var client = new HalfHandshakes(arguments[0], arguments[1]);
        var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ");
            System.out.println(
                    switch (words[0]) {
                        case "silent", "begun", "hello" -> client.open(words[0], Integer.parseInt(words[1]));
                        case "ended" -> client.ended();
                        case "close" -> client.close();
                        default -> "unknown command=" + line;
                    });
        }
    }

    private String open(String kind, int count) {
        var refused = new AtomicInteger();
        try (ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                tasks.submit(() -> {
                    places.acquireUninterruptibly();
                    try {
                        held.add(connect(kind));
                    } catch (IOException e) {
                        refused.incrementAndGet();
                    } finally {
                        places.release();
                    }
                });
            }
        }
        return "held=" + held.size() + " refused=" + refused;
    }

    private Socket connect(String kind) throws IOException {
        var socket = new Socket();
        try {
            socket.setOption(java.net.StandardSocketOptions.SO_RCVBUF, 4096);
            socket.bind(new InetSocketAddress(InetAddress.getByName(source), 0));
            socket.connect(new InetSocketAddress(host, 443), LIMIT_MS);
            byte[] hello = kind.equals("silent") ? new byte[0] : hello();
            socket.getOutputStream().write(kind.equals("begun") ? Arrays.copyOf(hello, hello.length / 2) : hello);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private byte[] hello() throws SSLException {
        SSLEngine engine = tls.createSSLEngine();
        engine.setUseClientMode(true);
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    private String ended() {
        var ended = new AtomicInteger();
        try (ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Socket socket : held) {
                tasks.submit(() -> {
                    if (isEnded(socket)) {
                        ended.incrementAndGet();
                    }
                });
            }
        }
        return "ended=" + ended;
    }

    private static boolean isEnded(Socket socket) {
        try {
            socket.setSoTimeout(100);
            byte[] piece = new byte[4096];
            for (int read = 0; read >= 0; ) {
                read = socket.getInputStream().read(piece);
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private String close() throws IOException {
        for (Socket socket = held.poll(); socket != null; socket = held.poll()) {
            socket.close();
        }
        return "closed";
    }
}
