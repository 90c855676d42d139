package dev.diskcryptnet.tls;

import dev.diskcryptnet.tls.TlsServer.CertificateFiles;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/** Certificates for tests, made when they are needed, and the files that they lie in. */
final class TestCertificates {
    private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

    private TestCertificates() {}

    static X509Bundle rsa(String... names) {
        return build(CertificateBuilder.Algorithm.rsa2048, names);
    }

    static X509Bundle ec(String... names) {
        return build(CertificateBuilder.Algorithm.ecp256, names);
    }

    static X509Bundle build(CertificateBuilder.Algorithm algorithm, String... names) {
        try {
            var builder = new CertificateBuilder().algorithm(algorithm).subject("CN=test");
            if (names.length > 0) {
                builder.addExtensionOctetString(SUBJECT_ALTERNATIVE_NAME, false, generalNames(names));
            }
            return builder.setIsCertificateAuthority(true).buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** DNS names as they are: the builder itself takes no wildcards. */
    private static byte[] generalNames(String... names) throws IOException {
        return new GeneralNames(Arrays.stream(names)
                        .map(name -> new GeneralName(GeneralName.dNSName, name))
                        .toArray(GeneralName[]::new))
                .getEncoded();
    }

    /** Writes {@code name.crt} and {@code name.key}, over what was there. */
    static CertificateFiles write(Path directory, String name, X509Bundle bundle) {
        return write(directory, name, bundle.getCertificatePathPEM(), bundle.getPrivateKeyPEM());
    }

    static CertificateFiles write(Path directory, String name, String chain, String key) {
        var files = new CertificateFiles(directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
        try {
            Files.writeString(files.certificateChain(), chain);
            Files.writeString(files.privateKey(), key);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return files;
    }
}
