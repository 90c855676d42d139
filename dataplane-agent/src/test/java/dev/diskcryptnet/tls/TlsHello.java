package dev.diskcryptnet.tls;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes ClientHellos, also such as no client would send. */
final class TlsHello {
    private final ByteArrayOutputStream extensions = new ByteArrayOutputStream();
    private int version = 0x0303;
    private int[] suites = {0x1301, 0xC02B, 0xC02F};

    TlsHello version(int legacyVersion) {
        version = legacyVersion;
        return this;
    }

    TlsHello suites(int... numbers) {
        suites = numbers;
        return this;
    }

    TlsHello extension(int type, byte[] body) {
        number(extensions, type, 2);
        number(extensions, body.length, 2);
        extensions.writeBytes(body);
        return this;
    }

    TlsHello serverName(String name) {
        byte[] host = name.getBytes(StandardCharsets.ISO_8859_1);
        var body = new ByteArrayOutputStream();
        number(body, 3 + host.length, 2);
        number(body, 0, 1);
        number(body, host.length, 2);
        body.writeBytes(host);
        return extension(0, body.toByteArray());
    }

    TlsHello protocols(String... names) {
        var list = new ByteArrayOutputStream();
        for (String name : names) {
            number(list, name.length(), 1);
            list.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        }
        return extension(16, prefixed(list.toByteArray(), 2));
    }

    TlsHello signatures(int... schemes) {
        return extension(13, prefixed(numbers(schemes), 2));
    }

    TlsHello supportedVersions(int... versions) {
        return extension(43, prefixed(numbers(versions), 1));
    }

    private static byte[] numbers(int... numbers) {
        var out = new ByteArrayOutputStream();
        for (int number : numbers) {
            number(out, number, 2);
        }
        return out.toByteArray();
    }

    private static byte[] prefixed(byte[] list, int prefixBytes) {
        var out = new ByteArrayOutputStream();
        number(out, list.length, prefixBytes);
        out.writeBytes(list);
        return out.toByteArray();
    }

    private static void number(ByteArrayOutputStream out, int value, int bytes) {
        for (int i = bytes - 1; i >= 0; i--) {
            out.write(value >> 8 * i);
        }
    }

    /** The handshake message. */
    byte[] message() {
        var body = new ByteArrayOutputStream();
        number(body, version, 2);
        body.writeBytes(new byte[32]);
        number(body, 0, 1);
        body.writeBytes(prefixed(numbers(suites), 2));
        body.writeBytes(new byte[] {1, 0});
        if (extensions.size() > 0) {
            body.writeBytes(prefixed(extensions.toByteArray(), 2));
        }
        var message = new ByteArrayOutputStream();
        number(message, ClientHello.TYPE, 1);
        message.writeBytes(prefixed(body.toByteArray(), 3));
        return message.toByteArray();
    }

    /** The message in records of this many bytes at most. */
    byte[] records(int fragmentBytes) {
        byte[] message = message();
        var out = new ByteArrayOutputStream();
        for (int at = 0; at < message.length; at += fragmentBytes) {
            int length = Math.min(fragmentBytes, message.length - at);
            out.writeBytes(new byte[] {RecordDescriptor.HANDSHAKE, 3, 1});
            number(out, length, 2);
            out.write(message, at, length);
        }
        return out.toByteArray();
    }
}
