package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Clients with TLS of their own make. */
enum TlsClient {
    CURL {
        @Override
        String fetch(TestBed bed, Certificates certificates, String version, String path, String range)
                throws IOException {
            Path file = bed.directory().resolve("curl.out");
            Files.deleteIfExists(file);
            List<String> command = new ArrayList<>(List.of("curl", "-sSf", "-m", SECONDS, "--cacert"));
            command.addAll(List.of(certificates.authority().toString(), "--tlsv" + version, "--tls-max", version));
            command.addAll(List.of("-w", "%{http_code}", "-o", file.toString(), bed.tlsUrl(path)));
            if (range != null) {
                command.addAll(List.of("-r", range));
            }
            assertEquals(status(range), bed.inClient(command.toArray(String[]::new)));
            // curl makes no file for an empty body.
            return Files.exists(file) ? Sha256.of(file) : Sha256.of(java.io.InputStream.nullInputStream());
        }
    },
    OPENSSL {
        @Override
        String fetch(TestBed bed, Certificates certificates, String version, String path, String range)
                throws IOException, InterruptedException {
            String[] options = {"-ign_eof", "-tls" + version.replace('.', '_'), "-verify_ip", bed.family().server};
            try (TlsProgram program = TlsProgram.openssl(bed, certificates, options)) {
                return get(program, path, range);
            }
        }
    },
    GNUTLS {
        @Override
        String fetch(TestBed bed, Certificates certificates, String version, String path, String range)
                throws IOException, InterruptedException {
            String priority = "NORMAL:-VERS-ALL:+VERS-TLS" + version;
            try (TlsProgram program = TlsProgram.gnutls(bed, certificates, "--priority", priority)) {
                return get(program, path, range);
            }
        }
    },
    JAVA {
        @Override
        String fetch(TestBed bed, Certificates certificates, String version, String path, String range)
                throws IOException {
            Path file = bed.directory().resolve("java.out");
            Files.deleteIfExists(file);
            Run.Result result = bed.tryInClient(
                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                    "-XX:+UseSerialGC",
                    "-cp",
                    Path.of("target/test-classes").toAbsolutePath().toString(),
                    HttpsClient.class.getName(),
                    bed.tlsUrl(path),
                    file.toString(),
                    certificates.authority().toString(),
                    "TLSv" + version,
                    range == null ? "-" : range);
            assertEquals(0, result.exitCode(), result.output());
            return Sha256.of(file);
        }
    };

    private static final String SECONDS = "60";

    /**
     * Gets an object, or a range of it, on a connection of its own.
     *
     * @param version 1.2 or 1.3, the only one that the client speaks
     * @param range as {@code 0-99}, or null for the whole object
     * @return SHA-256 of the body
     */
    abstract String fetch(TestBed bed, Certificates certificates, String version, String path, String range)
            throws IOException, InterruptedException;

    private static String status(String range) {
        return range == null ? "200" : "206";
    }

    private static String get(TlsProgram program, String path, String range) throws IOException, InterruptedException {
        if (range == null) {
            program.get(path);
        } else {
            program.get(path, "Range: bytes=" + range);
        }
        RecordedResponse response = program.response(Duration.ofSeconds(Long.parseLong(SECONDS)));
        assertEquals(status(range), Integer.toString(response.status()));
        return response.sha256();
    }
}
