package dev.diskcryptnet.operator.model;

import io.fabric8.kubernetes.api.model.Secret;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/** Whether a Secret is of use to a TLS listener. Nothing of its content is ever part of a message. */
public final class TlsSecret {
    /** Type of Secrets with a key and its certificate. */
    public static final String TYPE = "kubernetes.io/tls";

    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN (?:RSA |EC )?PRIVATE KEY-----[^-]+-----END (?:RSA |EC )?PRIVATE KEY-----");

    private TlsSecret() {}

    /** What is wrong with {@code secret}, with the remedy; empty when nothing is. */
    public static Optional<String> problem(Secret secret) {
        String name = "Secret " + secret.getMetadata().getName();
        if (!TYPE.equals(secret.getType())) {
            return Optional.of(name + " is of type " + secret.getType() + "; make it one of type " + TYPE
                    + " (kubectl create secret tls)");
        }
        Map<String, String> data = Objects.requireNonNullElse(secret.getData(), Map.of());
        return certificateProblem(data.get("tls.crt"))
                .or(() -> keyProblem(data.get("tls.key")))
                .map(problem -> name + ": " + problem);
    }

    private static Optional<String> certificateProblem(String encoded) {
        Optional<byte[]> content = decoded(encoded);
        if (content.isEmpty()) {
            return Optional.of("tls.crt is missing or not base64; put the PEM certificate there, its chain after it");
        }
        try {
            var certificates = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(content.get()));
            return certificates.isEmpty()
                    ? Optional.of("tls.crt holds no certificate; put it there in PEM, its chain after it")
                    : Optional.empty();
        } catch (CertificateException e) {
            return Optional.of("tls.crt is not a PEM certificate; put it there in PEM, its chain after it");
        }
    }

    private static Optional<String> keyProblem(String encoded) {
        Optional<byte[]> content = decoded(encoded);
        boolean usable = content.map(bytes -> new String(bytes, StandardCharsets.US_ASCII))
                .filter(text -> PRIVATE_KEY.matcher(text).find())
                .isPresent();
        return usable
                ? Optional.empty()
                : Optional.of("tls.key is not a private key in PEM without a password; put the certificate's there");
    }

    private static Optional<byte[]> decoded(String encoded) {
        try {
            return Optional.ofNullable(encoded).map(Base64.getMimeDecoder()::decode);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
