package dev.diskcryptnet.e2e.kernel;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;

/**
 * A program that passes one TLS connection at a time on to a server and spoils what the client says in it: its first
 * record of application data, which is the second of type 23 on the wire in TLS 1.3 and the first in 1.2.
 *
 * <p>Arguments: host of the server; {@code flip}, {@code replay}, {@code long} or {@code empty}; which record of type 23.
 * It prints {@code port=N}, and takes connections there until it is ended.
 */
public final class TamperingProxy {
    private static final int APPLICATION_DATA = 23;
    private static final int HEADER_BYTES = 5;
    /** More than 2^14 + 256 bytes (RFC 8446 5.2), and more than 2^14 + 2048 (RFC 5246 6.2.3). */
    private static final int TOO_LONG_BYTES = 0x4801;

    private final String how;
    private final int which;

    private TamperingProxy(String how, int which) {
        this.how = how;
        this.which = which;
    }

    /** Never returns. */
    public static void main(String[] arguments) throws IOException {
        var proxy = new TamperingProxy(arguments[1], Integer.parseInt(arguments[2]));
        try (var listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            System.out.println("port=" + listener.getLocalPort());
            while (true) {
                try (Socket client = listener.accept();
                        var server = new Socket(arguments[0], 443)) {
                    Thread.ofVirtual().start(() -> answers(server, client));
                    proxy.requests(client, server);
                } catch (IOException e) {
                    System.out.println("connection ended: " + e);
                }
            }
        }
    }

    private static void answers(Socket server, Socket client) {
        try (server;
                client) {
            server.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException e) {
            System.out.println("answer ended: " + e);
        }
    }

    private void requests(Socket client, Socket server) throws IOException {
        var in = new DataInputStream(client.getInputStream());
        OutputStream out = server.getOutputStream();
        int seen = 0;
        try {
            while (true) {
                byte[] record = record(in);
                boolean isIt = record[0] == APPLICATION_DATA && ++seen == which;
                out.write(isIt ? spoiled(record) : record);
            }
        } catch (EOFException e) {
            server.shutdownOutput();
        }
    }

    private static byte[] record(DataInputStream in) throws IOException {
        byte[] header = new byte[HEADER_BYTES];
        in.readFully(header);
        int length = (header[3] & 0xff) << 8 | header[4] & 0xff;
        byte[] record = Arrays.copyOf(header, HEADER_BYTES + length);
        in.readFully(record, HEADER_BYTES, length);
        return record;
    }

    private byte[] spoiled(byte[] record) {
        switch (how) {
            case "flip" -> {
                record[record.length - 20] ^= 1;
                return record;
            }
            case "replay" -> {
                byte[] twice = Arrays.copyOf(record, 2 * record.length);
                System.arraycopy(record, 0, twice, record.length, record.length);
                return twice;
            }
            case "long" -> {
                byte[] tooLong = Arrays.copyOf(record, HEADER_BYTES + TOO_LONG_BYTES);
                tooLong[3] = (byte) (TOO_LONG_BYTES >> 8);
                tooLong[4] = (byte) TOO_LONG_BYTES;
                return tooLong;
            }
            case "empty" -> {
                return new byte[] {record[0], record[1], record[2], 0, 0};
            }
            default -> throw new IllegalArgumentException("how=" + how + " is not flip, replay, long or empty");
        }
    }
}
