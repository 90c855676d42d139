package dev.diskcryptnet.e2e.onemachine.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** The file that says where an API server is and who asks. */
final class KubeConfigFile {
    private KubeConfigFile() {}

    /** Of a server that asks nobody for a name. */
    static String plain(String url) {
        return text(url, "", "{}");
    }

    /** Of a server with TLS; the three are absolute paths. */
    static String mutualTls(String url, Path authority, Path certificate, Path key) {
        return text(
                url,
                ", certificate-authority: " + authority,
                "{client-certificate: " + certificate + ", client-key: " + key + "}");
    }

    private static String text(String url, String authority, String user) {
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - {name: one-machine, cluster: {server: "%s"%s}}
                users:
                - {name: one-machine, user: %s}
                contexts:
                - {name: one-machine, context: {cluster: one-machine, user: one-machine, namespace: default}}
                current-context: one-machine
                """.formatted(url, authority, user);
    }

    /** Whole or not at all: whoever waits for the file finds the server ready. Only its owner reads it. */
    static void write(Path file, String text) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(unfinished);
        Files.createFile(
                unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(unfinished, text);
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
