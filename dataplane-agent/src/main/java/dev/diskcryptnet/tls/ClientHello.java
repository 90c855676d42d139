package dev.diskcryptnet.tls;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a ClientHello says that decides which certificate the engine is given (RFC 8446 4.1.2, 6066 3, 7301 3.1).
 *
 * <p>The engine judges the hello; this reader only looks. Of a malformed one it keeps what came before the fault.
 */
final class ClientHello {
    static final int TYPE = 1;

    /** Type and 3 bytes of length (RFC 8446 4). */
    static final int HEADER_BYTES = 4;

    /** Longest message that the engine reads. */
    static final int MAX_BYTES = 16 * 1024;

    private static final int SERVER_NAME = 0;
    private static final int SIGNATURE_ALGORITHMS = 13;
    private static final int APPLICATION_PROTOCOLS = 16;
    private static final int SUPPORTED_VERSIONS = 43;
    private static final int HOST_NAME = 0;
    private static final int VERSION_1_3 = 0x0304;
    private static final int MAX_NAME_BYTES = 255;

    private final Set<Integer> suites = new HashSet<>();
    private final Set<Integer> signatures = new HashSet<>();
    private final Set<Integer> versions = new HashSet<>();
    private final List<String> protocols = new ArrayList<>();
    private boolean protocolsOffered;
    private String serverName;

    private ClientHello() {}

    /**
     * Reads a hello. Never throws.
     *
     * @param message the handshake message with its header; other or malformed messages give an empty hello
     */
    static ClientHello parse(byte[] message) {
        ClientHello hello = new ClientHello();
        try {
            hello.read(ByteBuffer.wrap(message));
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            // A length that is not true. The engine answers it with the right alert.
            return hello;
        }
        return hello;
    }

    private void read(ByteBuffer in) {
        if (in.get() != TYPE) {
            return;
        }
        in.position(in.position() + 3 + 2 + 32); // length, legacy_version, random
        take(in, in.get() & 0xFF); // legacy_session_id
        readNumbers(take(in, in.getShort() & 0xFFFF), suites);
        take(in, in.get() & 0xFF); // legacy_compression_methods
        if (!in.hasRemaining()) {
            return;
        }
        ByteBuffer extensions = take(in, in.getShort() & 0xFFFF);
        while (extensions.hasRemaining()) {
            int type = extensions.getShort() & 0xFFFF;
            readExtension(type, take(extensions, extensions.getShort() & 0xFFFF));
        }
    }

    private void readExtension(int type, ByteBuffer body) {
        switch (type) {
            case SERVER_NAME -> readServerName(body);
            case SIGNATURE_ALGORITHMS -> readNumbers(take(body, body.getShort() & 0xFFFF), signatures);
            case APPLICATION_PROTOCOLS -> readProtocols(body);
            case SUPPORTED_VERSIONS -> readNumbers(take(body, body.get() & 0xFF), versions);
            default -> {}
        }
    }

    private void readServerName(ByteBuffer body) {
        ByteBuffer list = take(body, body.getShort() & 0xFFFF);
        while (list.hasRemaining()) {
            int type = list.get();
            ByteBuffer name = take(list, list.getShort() & 0xFFFF);
            if (type == HOST_NAME && name.remaining() <= MAX_NAME_BYTES && isHostName(name)) {
                serverName = text(name).toLowerCase(Locale.ROOT);
                return;
            }
        }
    }

    private static boolean isHostName(ByteBuffer name) {
        for (int i = name.position(); i < name.limit(); i++) {
            int c = name.get(i);
            boolean known = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!known && c != '-' && c != '.' && c != '_') {
                return false;
            }
        }
        return name.hasRemaining();
    }

    private void readProtocols(ByteBuffer body) {
        protocolsOffered = true;
        ByteBuffer list = take(body, body.getShort() & 0xFFFF);
        while (list.hasRemaining()) {
            protocols.add(text(take(list, list.get() & 0xFF)));
        }
    }

    private static void readNumbers(ByteBuffer list, Set<Integer> numbers) {
        while (list.hasRemaining()) {
            numbers.add(list.getShort() & 0xFFFF);
        }
    }

    /** The next {@code lengthBytes} bytes, which {@code in} then has behind it. */
    private static ByteBuffer take(ByteBuffer in, int lengthBytes) {
        if (lengthBytes > in.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer part = in.slice(in.position(), lengthBytes);
        in.position(in.position() + lengthBytes);
        return part;
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.ISO_8859_1.decode(bytes).toString();
    }

    /** Host name in lower case, or null. */
    String serverName() {
        return serverName;
    }

    /** Whether the client asks for protocols, and this is not among them (RFC 7301 3.2). */
    boolean excludes(String protocol) {
        return protocolsOffered && !protocols.contains(protocol);
    }

    /**
     * Whether a certificate with such a key can serve the client: by signature scheme in TLS 1.3, by suite in TLS 1.2.
     */
    boolean accepts(KeyKind kind) {
        Set<Integer> offered = versions.contains(VERSION_1_3) ? signatures : suites;
        return kind.numbers(versions.contains(VERSION_1_3)).stream().anyMatch(offered::contains);
    }
}
