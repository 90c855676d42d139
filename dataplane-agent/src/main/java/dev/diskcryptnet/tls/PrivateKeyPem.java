package dev.diskcryptnet.tls;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Private keys in PEM: PKCS #8 (RFC 5958), and the older forms that certificate tools still write by default, PKCS #1
 * for RSA (RFC 8017 A.1.2) and SEC 1 for elliptic curves (RFC 5915). The older ones are put into a PKCS #8 envelope.
 */
final class PrivateKeyPem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----([^-]*)-----END \\1-----");

    private static final HexFormat HEX = HexFormat.of();

    /** {@code SEQUENCE { rsaEncryption, NULL }}. */
    private static final byte[] RSA_ALGORITHM = HEX.parseHex("300d06092a864886f70d0101010500");

    /** {@code id-ecPublicKey}; the curve's identifier follows it. */
    private static final byte[] EC_ALGORITHM = HEX.parseHex("06072a8648ce3d0201");

    private static final byte[] VERSION_0 = {2, 1, 0};
    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int OBJECT_IDENTIFIER = 0x06;

    /** The curve of an EC key stands in context tag 0. */
    private static final int EC_PARAMETERS = 0xA0;

    private PrivateKeyPem() {}

    /**
     * Reads the first private key of a text; what else stands there (EC parameters, certificates) is passed over.
     *
     * @throws GeneralSecurityException when there is none, or it is encrypted or damaged; the message says which
     */
    static PrivateKey read(String text) throws GeneralSecurityException {
        Matcher block = BLOCK.matcher(text);
        if (!block.find()) {
            throw new GeneralSecurityException("no PEM block PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY in it");
        }
        if (block.group(1).startsWith("ENCRYPTED") || block.group(2).contains(":")) {
            throw new GeneralSecurityException("the key is encrypted; store it without a passphrase");
        }
        byte[] der = null;
        byte[] pkcs8 = null;
        try {
            der = Base64.getMimeDecoder().decode(block.group(2));
            pkcs8 = switch (block.group(1)) {
                case "RSA PRIVATE KEY" -> envelope(RSA_ALGORITHM, der);
                case "EC PRIVATE KEY" -> envelope(element(SEQUENCE, EC_ALGORITHM, curve(der)), der);
                default -> der.clone();
            };
            return key(pkcs8);
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException | InvalidKeySpecException e) {
            throw new GeneralSecurityException("the key is damaged", e);
        } finally {
            wipe(der);
            wipe(pkcs8);
        }
    }

    private static void wipe(byte[] bytes) {
        if (bytes != null) {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    private static PrivateKey key(byte[] pkcs8) throws GeneralSecurityException {
        var spec = new PKCS8EncodedKeySpec(pkcs8);
        try {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        } catch (InvalidKeySpecException notRsa) {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        }
    }

    private static byte[] envelope(byte[] algorithm, byte[] key) {
        byte[] inner = element(OCTET_STRING, key);
        byte[] outer = element(SEQUENCE, VERSION_0, algorithm, inner);
        wipe(inner);
        return outer;
    }

    /** The curve's object identifier, with its tag: {@code SEQUENCE { version, privateKey, [0] { curve }, … }}. */
    private static byte[] curve(byte[] der) {
        int end = der.length;
        int at = content(der, 0);
        while (at < end) {
            int content = content(der, at);
            if ((der[at] & 0xFF) == EC_PARAMETERS && der[content] == OBJECT_IDENTIFIER) {
                return Arrays.copyOfRange(der, content, content + 2 + der[content + 1]);
            }
            at = content + length(der, at);
        }
        throw new IllegalArgumentException("no curve");
    }

    /** Where the content of the element at {@code at} begins. */
    private static int content(byte[] der, int at) {
        int first = der[at + 1] & 0xFF;
        return at + 2 + (first < 0x80 ? 0 : first & 0x7F);
    }

    private static int length(byte[] der, int at) {
        int first = der[at + 1] & 0xFF;
        int length = first < 0x80 ? first : 0;
        for (int i = at + 2; i < content(der, at); i++) {
            length = length << 8 | der[i] & 0xFF;
        }
        if (length < 0) {
            throw new IllegalArgumentException("length");
        }
        return length;
    }

    private static byte[] element(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] header = header(tag, length);
        byte[] element = Arrays.copyOf(header, header.length + length);
        int at = header.length;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, element, at, part.length);
            at += part.length;
        }
        return element;
    }

    /** Tag and length in DER's shortest form (X.690 10.1). */
    private static byte[] header(int tag, int length) {
        if (length < 0x80) {
            return new byte[] {(byte) tag, (byte) length};
        }
        if (length < 0x100) {
            return new byte[] {(byte) tag, (byte) 0x81, (byte) length};
        }
        return new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
    }
}
