package dev.diskcryptnet.operator.model;

import dev.diskcryptnet.crds.StreamingNode;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;

/**
 * The token that changes through the agent's admin endpoint must show. It is made once, cannot be changed afterwards, and
 * is written into nothing else: no log, no event, no status.
 */
public final class AdminSecret {
    private static final int TOKEN_BYTES = 32;

    private AdminSecret() {}

    /** A Secret with a new token from {@code random}. */
    public static Secret of(StreamingNode node, SecureRandom random) {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        return new SecretBuilder()
                .withMetadata(Names.meta(node, Names.admin(node.getMetadata().getName()), Names.AGENT))
                .withType("Opaque")
                .withImmutable(true)
                .withData(Map.of(
                        Names.TOKEN_KEY, Base64.getEncoder().encodeToString(token.getBytes(StandardCharsets.US_ASCII))))
                .build();
    }
}
