package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of files and streams of any size, in hexadecimal. */
final class Sha256 {
    private static final int PIECE_BYTES = 1 << 16;

    private Sha256() {}

    static String of(Path file) throws IOException {
        return of(file, 0, Files.size(file));
    }

    /** Of {@code length} bytes from {@code from} on. */
    static String of(Path file, long from, long length) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            in.skipNBytes(from);
            MessageDigest digest = digest();
            byte[] piece = new byte[PIECE_BYTES];
            for (long left = length; left > 0; ) {
                int read = in.read(piece, 0, (int) Math.min(left, piece.length));
                if (read < 0) {
                    throw new IOException("file=" + file + " ends before byte " + (from + length));
                }
                digest.update(piece, 0, read);
                left -= read;
            }
            return HexFormat.of().formatHex(digest.digest());
        }
    }

    /** Of all that comes; closes {@code in}. */
    static String of(InputStream in) throws IOException {
        MessageDigest digest = digest();
        byte[] piece = new byte[PIECE_BYTES];
        try (in) {
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                digest.update(piece, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
