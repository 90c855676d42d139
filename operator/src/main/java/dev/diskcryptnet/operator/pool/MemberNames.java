package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.Limits;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Names of a pool's members: a function of pool and machine alone, so that the API server itself refuses a second
 * member for one machine, whoever asks.
 */
final class MemberNames {
    /** Longest name that a StreamingNode may have. */
    static final int MAX_LENGTH = Limits.MAX_NODE_NAME_LENGTH;

    private static final int HASH_DIGITS = 10;
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");

    private MemberNames() {}

    /** POOL-MACHINE where that is a DNS label of at most {@value #MAX_LENGTH} characters, else POOL-HASH. */
    static String of(String pool, String machine) {
        String plain = pool + "-" + machine;
        if (plain.length() <= MAX_LENGTH && LABEL.matcher(plain).matches()) {
            return plain;
        }
        int room = MAX_LENGTH - HASH_DIGITS - 1;
        if (pool.length() <= room) {
            return pool + "-" + hash(machine);
        }
        return pool.substring(0, room) + "-" + hash(pool + "/" + machine);
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, HASH_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
