package dev.diskcryptnet.e2e.onemachine.api;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Passes bytes on, both ways. A socket in the file system is seen from every network namespace, so two of these, one on
 * either side of it, lead from an address in a namespace to the same address outside: clients keep the URL that the
 * server's certificate is made for.
 */
final class Relay {
    private static final int BUFFER_BYTES = 64 << 10;

    private Relay() {}

    /** Takes connections and leads each to {@code target}, until the listener is closed. */
    static void serve(ServerSocketChannel listener, SocketAddress target) throws IOException {
        while (true) {
            SocketChannel client = listener.accept();
            Thread.ofPlatform().daemon().name("relay").start(() -> connect(client, target));
        }
    }

    private static void connect(SocketChannel client, SocketAddress target) {
        try (client;
                SocketChannel server = SocketChannel.open(target)) {
            Thread back = Thread.ofPlatform().daemon().name("relay-back").start(() -> copy(server, client));
            copy(client, server);
            back.join();
        } catch (IOException e) {
            // The client sees its connection closed, as it would without us.
            System.err.println("target=" + target + " is not reached: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One way, until its end, which is passed on too. */
    private static void copy(SocketChannel from, SocketChannel to) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        try {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // Either end may break off at any time: then neither is of use.
            close(from);
            close(to);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            System.err.println("channel=" + channel + " cannot be closed: " + e.getMessage());
        }
    }
}
