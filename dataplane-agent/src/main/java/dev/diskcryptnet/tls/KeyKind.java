package dev.diskcryptnet.tls;

import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Set;

/**
 * Kinds of certificate keys that servers use: which signature schemes (RFC 8446 4.2.3) and suites (RFC 5289 3.2) fit.
 */
enum KeyKind {
    RSA(Set.of(0x0804, 0x0805, 0x0806), Set.of(0xC02F, 0xC030)),
    EC_P256(Set.of(0x0403), Set.of(0xC02B, 0xC02C)),
    EC_P384(Set.of(0x0503), Set.of(0xC02B, 0xC02C)),
    EC_P521(Set.of(0x0603), Set.of(0xC02B, 0xC02C));

    /** Shorter RSA keys are broken or soon will be, and clients refuse them. */
    private static final int MIN_RSA_BITS = 2048;

    private final Set<Integer> signatures;
    private final Set<Integer> suites;

    KeyKind(Set<Integer> signatures, Set<Integer> suites) {
        this.signatures = signatures;
        this.suites = suites;
    }

    /** Signature schemes for TLS 1.3, suites for TLS 1.2. */
    Set<Integer> numbers(boolean tls13) {
        return tls13 ? signatures : suites;
    }

    /** The kind of a key, or null when it is none of these. */
    static KeyKind of(PublicKey key) {
        if (key instanceof RSAPublicKey rsa) {
            return rsa.getModulus().bitLength() < MIN_RSA_BITS ? null : RSA;
        }
        if (key instanceof ECPublicKey ec) {
            return switch (ec.getParams().getOrder().bitLength()) {
                case 256 -> EC_P256;
                case 384 -> EC_P384;
                case 521 -> EC_P521;
                default -> null;
            };
        }
        return null;
    }
}
