package dev.diskcryptnet.e2e.kernel;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * An authority of a test's own, and secrets laid out as a kubelet mounts them: a revision becomes visible by one rename
 * of a link.
 *
 * <pre>
 *   tls/NAME/tls.crt  -> ..data/tls.crt
 *   tls/NAME/tls.key  -> ..data/tls.key
 *   tls/NAME/..data   -> ..revision-2
 *   tls/NAME/..revision-2/tls.crt, tls.key
 * </pre>
 */
final class Certificates {
    private final Path directory;
    private final List<String> secretNames = new ArrayList<>();
    private int revisions;

    /** @param directory an empty one of its own */
    Certificates(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(secrets());
        List<String> command = request("ec", "test authority");
        command.addAll(List.of(
                "-keyout", authorityKey().toString(), "-out", authority().toString()));
        Run.checked(command.toArray(String[]::new));
    }

    /** What {@code serve --tls-directory} is given. */
    Path secrets() {
        return directory.resolve("tls");
    }

    /** The certificate that clients trust. */
    Path authority() {
        return directory.resolve("authority.crt");
    }

    private Path authorityKey() {
        return directory.resolve("authority.key");
    }

    /** Names of the secrets, in the order in which they were first issued. */
    List<String> secretNames() {
        return List.copyOf(secretNames);
    }

    /** The directory of a secret. */
    Path secret(String name) {
        return secrets().resolve(name);
    }

    /**
     * Makes a key and a certificate, and puts them in place of what the secret held.
     *
     * @param key {@code ec} or {@code rsa}
     * @param names as {@code DNS:a.example} or {@code IP:192.0.2.1}; the first is the subject's common name too
     */
    void issue(String secretName, String key, String... names) throws IOException {
        Path revision = Files.createDirectories(secret(secretName).resolve("..revision-" + ++revisions));
        List<String> command = request(key, names[0].substring(names[0].indexOf(':') + 1));
        command.addAll(List.of(
                "-CA",
                authority().toString(),
                "-CAkey",
                authorityKey().toString(),
                "-addext",
                "subjectAltName=" + String.join(",", names),
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-keyout",
                revision.resolve("tls.key").toString(),
                "-out",
                revision.resolve("tls.crt").toString()));
        Run.checked(command.toArray(String[]::new));
        show(secretName, revision);
    }

    /** Puts other contents in place of what a secret held. */
    void replace(String secretName, String certificate, String key) throws IOException {
        Path revision = Files.createDirectories(secret(secretName).resolve("..revision-" + ++revisions));
        Files.writeString(revision.resolve("tls.crt"), certificate);
        Files.writeString(revision.resolve("tls.key"), key);
        show(secretName, revision);
    }

    private static List<String> request(String key, String commonName) {
        List<String> command = new ArrayList<>(List.of("openssl", "req", "-x509", "-nodes", "-days", "2"));
        command.addAll(List.of("-subj", "/CN=" + commonName, "-newkey"));
        command.addAll(
                key.equals("ec") ? List.of("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1") : List.of("rsa:2048"));
        return command;
    }

    private void show(String secretName, Path revision) throws IOException {
        Path link = secret(secretName).resolve("..data_tmp");
        Files.createSymbolicLink(link, revision.getFileName());
        Files.move(
                link,
                secret(secretName).resolve("..data"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        if (!secretNames.contains(secretName)) {
            secretNames.add(secretName);
            for (String name : List.of("tls.crt", "tls.key")) {
                Files.createSymbolicLink(secret(secretName).resolve(name), Path.of("..data", name));
            }
        }
    }

    /** The certificate's serial number, as {@code openssl} prints it. */
    String serial(String secretName) {
        return serial(secret(secretName).resolve("tls.crt"));
    }

    /** The serial number of a certificate in a file. */
    static String serial(Path certificate) {
        return Run.checked("openssl", "x509", "-noout", "-serial", "-in", certificate.toString())
                .strip();
    }
}
