package dev.diskcryptnet.e2e.compare;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands between a TLS server and its clients and flips one bit of one of the server's large records. */
final class RecordFlipper implements AutoCloseable {
    private static final int HEADER_BYTES = 5;

    /** The smallest record that counts as one of a body, in bytes after the header. */
    private static final int LARGE_BYTES = 8192;

    private final ServerSocket listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    private final AtomicInteger largeRecords = new AtomicInteger();
    private final int serverPort;
    private final int record;
    private final int offset;

    /**
     * Flips in the large record of that number, counted from 0 over all connections, at this offset from the start of
     * its header, or from its end when negative.
     */
    RecordFlipper(int serverPort, int record, int offset) throws IOException {
        this.serverPort = serverPort;
        this.record = record;
        this.offset = offset;
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
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                Thread.ofVirtual().start(() -> pass(client, server));
                Thread.ofVirtual().start(() -> flip(server, client));
            } catch (IOException e) {
                return; // closed by the test's end
            }
        }
    }

    private static void pass(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One side has closed, and so does the other.
        }
    }

    private void flip(Socket from, Socket to) {
        try (from;
                to) {
            var in = new DataInputStream(from.getInputStream());
            OutputStream out = to.getOutputStream();
            byte[] bytes = new byte[HEADER_BYTES + 65535];
            while (true) {
                in.readFully(bytes, 0, HEADER_BYTES);
                int length = (bytes[3] & 0xff) << 8 | bytes[4] & 0xff;
                in.readFully(bytes, HEADER_BYTES, length);
                if (length >= LARGE_BYTES && largeRecords.getAndIncrement() == record) {
                    bytes[offset >= 0 ? offset : HEADER_BYTES + length + offset] ^= 1;
                }
                out.write(bytes, 0, HEADER_BYTES + length);
            }
        } catch (IOException e) {
            // One side has closed, and so does the other.
        }
    }
}
