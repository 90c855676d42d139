package dev.diskcryptnet.tls;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * A certificate with its chain and key, checked: the key is the certificate's.
 *
 * @param chain the server's certificate first
 * @param key its private key; never in toString
 * @param kind what clients must know to accept it
 * @param names DNS names of the certificate (RFC 5280 4.2.1.6) in lower case, wildcards as they stand
 */
record ServerCertificate(List<X509Certificate> chain, PrivateKey key, KeyKind kind, List<String> names) {
    /** {@code GeneralName} of type dNSName. */
    private static final int DNS_NAME = 2;

    /**
     * Reads a certificate and its key.
     *
     * @throws TlsConfigException naming the file and the remedy
     */
    static ServerCertificate read(PemFiles files) {
        List<X509Certificate> chain = readChain(files);
        PrivateKey key = readKey(files);
        PublicKey publicKey = chain.getFirst().getPublicKey();
        KeyKind kind = KeyKind.of(publicKey);
        if (kind == null) {
            throw new TlsConfigException("certificate file=" + files.certificateChain() + " has a key of algorithm="
                    + publicKey.getAlgorithm() + " that is not supported: use RSA of at least 2048 bits, or EC on"
                    + " P-256, P-384 or P-521");
        }
        if (!belongTogether(key, publicKey)) {
            throw new TlsConfigException("key file=" + files.privateKey() + " is not the key of certificate file="
                    + files.certificateChain() + ": put the key there that the first certificate was issued for");
        }
        return new ServerCertificate(chain, key, kind, dnsNames(chain.getFirst()));
    }

    private static List<X509Certificate> readChain(PemFiles files) {
        List<X509Certificate> chain = new ArrayList<>();
        try {
            Collection<? extends Certificate> all = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(files.chainBytes()));
            all.forEach(certificate -> chain.add((X509Certificate) certificate));
        } catch (CertificateException e) {
            throw new TlsConfigException(
                    "certificate file=" + files.certificateChain() + " cannot be read (" + e.getMessage()
                            + "): it must hold certificates in PEM, the server's first",
                    e);
        }
        if (chain.isEmpty()) {
            throw new TlsConfigException("certificate file=" + files.certificateChain()
                    + " holds no certificate: it must hold certificates in PEM, the server's first");
        }
        return List.copyOf(chain);
    }

    private static PrivateKey readKey(PemFiles files) {
        try {
            return PrivateKeyPem.read(files.keyText());
        } catch (GeneralSecurityException e) {
            // Without the cause: a parser's message may quote what it parsed.
            throw new TlsConfigException("key file=" + files.privateKey() + " cannot be used (" + e.getMessage()
                    + "): it must hold an RSA or EC private key in PEM");
        }
    }

    /** Whether what the one signs the other verifies. */
    private static boolean belongTogether(PrivateKey key, PublicKey publicKey) {
        if (!key.getAlgorithm().equals(publicKey.getAlgorithm())) {
            return false;
        }
        try {
            byte[] sample = {1, 2, 3, 4};
            Signature signature =
                    Signature.getInstance(key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
            signature.initSign(key);
            signature.update(sample);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(sample);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static List<String> dnsNames(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names == null) {
                return List.of();
            }
            return names.stream()
                    .filter(name -> name.getFirst().equals(DNS_NAME))
                    .map(name -> name.get(1).toString().toLowerCase(Locale.ROOT))
                    .toList();
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }

    /** Distinguished name of whom it is for (RFC 2253). */
    String subject() {
        return chain.getFirst().getSubjectX500Principal().getName();
    }

    /** When the first certificate of the chain to do so ends. */
    Instant notAfter() {
        return chain.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /** Names and kind; no key. */
    @Override
    public String toString() {
        return "ServerCertificate[names=" + names + " kind=" + kind + "]";
    }
}
