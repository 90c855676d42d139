package dev.diskcryptnet.e2e.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.net.ServerSocketFactory;

/**
 * Serves benchmark objects on loopback, one of them in a way that a test chooses. Contents are computed here from the
 * definition in {@code load/content.h}, not by its code, so that one checks the other.
 */
final class FaultyServer implements AutoCloseable {
    /** What is done to the answer for the faulty object. */
    enum Fault {
        NONE,
        LAST_BYTE_WRONG,
        FIRST_BYTE_WRONG,
        OTHER_OBJECT,
        ONE_BYTE_MORE,
        CLOSED_EARLY,
        RESET,
        NOT_FOUND,
        LENGTH_WRONG,
        SILENT,
        IN_SMALL_PIECES,
        CLOSED_AFTERWARDS
    }

    private final ServerSocket listener;
    private final int objectBytes;
    private final int faultyObject;
    private final Fault fault;

    FaultyServer(int objectBytes, int faultyObject, Fault fault) throws IOException {
        this(objectBytes, faultyObject, fault, ServerSocketFactory.getDefault());
    }

    /** With another kind of sockets: TLS. */
    FaultyServer(int objectBytes, int faultyObject, Fault fault, ServerSocketFactory sockets) throws IOException {
        this.listener = sockets.createServerSocket(0, 128, InetAddress.getLoopbackAddress());
        this.objectBytes = objectBytes;
        this.faultyObject = faultyObject;
        this.fault = fault;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return; // closed by the test's end
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            boolean open = true;
            for (String line; open && (line = in.readLine()) != null; ) {
                String path = line.split(" ")[1];
                while (!in.readLine().isEmpty()) {
                    // the request's other headers do not matter
                }
                int object = Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
                open = answer(socket, object, object == faultyObject ? fault : Fault.NONE);
            }
        } catch (IOException | InterruptedException e) {
            // The load generator gave the connection up, which is what some tests are about.
        }
    }

    /** Whether the connection stays open. */
    private boolean answer(Socket socket, int object, Fault kind) throws IOException, InterruptedException {
        OutputStream out = socket.getOutputStream();
        byte[] head = head("200 OK", objectBytes, "");
        byte[] body = content(object, objectBytes);
        switch (kind) {
            case NONE -> write(out, head, body);
            case LAST_BYTE_WRONG -> {
                body[objectBytes - 1] ^= 1;
                write(out, head, body);
            }
            case FIRST_BYTE_WRONG -> {
                body[0] ^= 1;
                write(out, head, body);
            }
            case OTHER_OBJECT -> write(out, head, content(object + 1, objectBytes));
            case ONE_BYTE_MORE -> write(out, head, Arrays.copyOf(body, objectBytes + 1));
            case CLOSED_EARLY -> write(out, head, Arrays.copyOf(body, objectBytes - 1));
            case RESET -> {
                write(out, head, Arrays.copyOf(body, objectBytes / 2));
                socket.setSoLinger(true, 0);
            }
            case NOT_FOUND -> write(out, head("404 Not Found", 0, ""), new byte[0]);
            case LENGTH_WRONG -> write(out, head("200 OK", objectBytes - 1, ""), Arrays.copyOf(body, objectBytes - 1));
            case SILENT -> Thread.sleep(20_000);
            case IN_SMALL_PIECES -> writeInPieces(out, head, body);
            case CLOSED_AFTERWARDS -> write(out, head("200 OK", objectBytes, "Connection: close\r\n"), body);
        }
        return kind != Fault.CLOSED_EARLY && kind != Fault.RESET && kind != Fault.CLOSED_AFTERWARDS;
    }

    private static void write(OutputStream out, byte[] head, byte[] body) throws IOException {
        out.write(head);
        out.write(body);
        out.flush();
    }

    private static void writeInPieces(OutputStream out, byte[] head, byte[] body)
            throws IOException, InterruptedException {
        for (byte letter : head) {
            out.write(letter);
            out.flush();
            Thread.sleep(1);
        }
        for (int from = 0; from < body.length; from += 777) {
            out.write(body, from, Math.min(777, body.length - from));
            Thread.sleep(1);
        }
    }

    private static byte[] head(String status, int lengthBytes, String more) {
        return ("HTTP/1.1 " + status + "\r\nServer: faulty\r\ncontent-length: " + lengthBytes + "\r\n" + more + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] content(int object, int lengthBytes) {
        ByteBuffer words =
                ByteBuffer.allocate((lengthBytes + 7) / 8 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long word = 0; words.hasRemaining(); word++) {
            long z = (((long) object << 32 | word) + 1) * 0x9E3779B97F4A7C15L;
            z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
            z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
            words.putLong(z ^ z >>> 31);
        }
        return Arrays.copyOf(words.array(), lengthBytes);
    }
}
