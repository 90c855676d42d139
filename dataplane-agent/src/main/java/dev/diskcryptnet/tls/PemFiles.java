package dev.diskcryptnet.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The content of a certificate's two files, read once, so that what is compared is what is used. */
final class PemFiles implements AutoCloseable {
    private static final int MAX_BYTES = 1 << 20;

    private final Path certificateChain;
    private final Path privateKey;
    private final byte[] chainBytes;
    private final byte[] keyBytes;

    private PemFiles(Path certificateChain, Path privateKey, byte[] chainBytes, byte[] keyBytes) {
        this.certificateChain = certificateChain;
        this.privateKey = privateKey;
        this.chainBytes = chainBytes;
        this.keyBytes = keyBytes;
    }

    /** @throws TlsConfigException naming the file that cannot be read */
    static PemFiles read(TlsServer.CertificateFiles files) {
        return new PemFiles(
                files.certificateChain(),
                files.privateKey(),
                read("certificate", files.certificateChain()),
                read("key", files.privateKey()));
    }

    private static byte[] read(String what, Path file) {
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new TlsConfigException(what + " file=" + file + " has sizeBytes=" + size + ", more than "
                        + MAX_BYTES + ": is it the right file?");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new TlsConfigException(
                    what + " file=" + file + " cannot be read (" + e
                            + "): create it, or correct its path or its rights",
                    e);
        }
    }

    Path certificateChain() {
        return certificateChain;
    }

    Path privateKey() {
        return privateKey;
    }

    byte[] chainBytes() {
        return chainBytes;
    }

    String keyText() {
        return new String(keyBytes, StandardCharsets.ISO_8859_1);
    }

    /** SHA-256 over both contents. */
    byte[] digest() {
        MessageDigest digest = sha256();
        digest.update(sha256().digest(chainBytes));
        return digest.digest(keyBytes);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Wipes the key's bytes. */
    @Override
    public void close() {
        Arrays.fill(keyBytes, (byte) 0);
    }
}
