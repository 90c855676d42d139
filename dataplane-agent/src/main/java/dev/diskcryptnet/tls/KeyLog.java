package dev.diskcryptnet.tls;

import io.netty.internal.tcnative.KeyLogCallback;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Hands the traffic secrets of TLS 1.3, which BoringSSL tells a key log callback, to the engine that they belong to.
 *
 * <p>One callback serves every context of the process. A line is {@code LABEL <client random> <secret>}, the last two
 * in hex.
 */
final class KeyLog implements KeyLogCallback {
    static final KeyLog SHARED = new KeyLog();

    private static final byte[] SERVER_LABEL = "SERVER_TRAFFIC_SECRET_0 ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CLIENT_LABEL = "CLIENT_TRAFFIC_SECRET_0 ".getBytes(StandardCharsets.US_ASCII);

    private final Map<Long, Secrets> engines = new ConcurrentHashMap<>();

    /** Traffic secrets of one connection. Written and read by the thread that runs the connection's step. */
    static final class Secrets {
        private byte[] server;
        private byte[] client;

        boolean areThere() {
            return server != null && client != null;
        }

        /** The server's secret, which the caller now owns. */
        byte[] takeServer() {
            byte[] taken = server;
            server = null;
            return taken;
        }

        /** The client's secret, which the caller now owns. */
        byte[] takeClient() {
            byte[] taken = client;
            client = null;
            return taken;
        }

        /** Overwrites what was not taken. */
        void wipe() {
            KeyLog.wipe(server);
            KeyLog.wipe(client);
        }
    }

    private KeyLog() {}

    /** From now on secrets of the engine behind this pointer go to the result, until {@link #remove}. */
    Secrets add(long sslPointer) {
        Secrets secrets = new Secrets();
        engines.put(sslPointer, secrets);
        return secrets;
    }

    /** Must come before the engine is freed: the pointer may then be another engine's. */
    void remove(long sslPointer) {
        Secrets secrets = engines.remove(sslPointer);
        if (secrets != null) {
            secrets.wipe();
        }
    }

    /** Engines that are under way. */
    int count() {
        return engines.size();
    }

    @Override
    public void handle(long ssl, byte[] line) {
        Secrets secrets = engines.get(ssl);
        if (secrets != null) {
            if (startsWith(line, SERVER_LABEL)) {
                secrets.server = secret(line);
            } else if (startsWith(line, CLIENT_LABEL)) {
                secrets.client = secret(line);
            }
        }
        wipe(line);
    }

    private static boolean startsWith(byte[] line, byte[] label) {
        return line.length > label.length && Arrays.equals(line, 0, label.length, label, 0, label.length);
    }

    /** The last word of the line. Through bytes, as a String could not be wiped. */
    private static byte[] secret(byte[] line) {
        int from = line.length;
        while (line[from - 1] != ' ') {
            from--;
        }
        byte[] secret = new byte[(line.length - from) / 2];
        for (int i = 0; i < secret.length; i++) {
            int high = HexFormat.fromHexDigit(line[from + 2 * i]);
            secret[i] = (byte) (high << 4 | HexFormat.fromHexDigit(line[from + 2 * i + 1]));
        }
        return secret;
    }

    private static void wipe(byte[] bytes) {
        if (bytes != null) {
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
