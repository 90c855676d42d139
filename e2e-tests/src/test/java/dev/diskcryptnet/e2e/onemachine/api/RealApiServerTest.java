package dev.diskcryptnet.e2e.onemachine.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process that runs kube-apiserver and etcd, with programs in their place that note their arguments and answer as
 * far as readiness goes. That real ones take these arguments is for a machine that has them.
 */
class RealApiServerTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String NOTE = "#!/bin/sh\necho \"$@\" >>\"$0.arguments\"\n";

    @TempDir
    Path directory;

    private Process process;

    @AfterEach
    void end() throws InterruptedException {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }

    private Path program(String name, String script) throws IOException {
        Path file = Files.createDirectories(directory.resolve("programs")).resolve(name);
        Files.writeString(file, NOTE + script);
        assertTrue(file.toFile().setExecutable(true));
        return file;
    }

    private Path start() throws Exception {
        program("etcd", "exec sleep 1000\n");
        program("kubectl", "exit 0\n");
        program("kube-apiserver", """
                if [ "$1" = --version ]; then echo "Kubernetes v1.34.2"; exit 0; fi
                while [ $# -gt 0 ]; do
                    case $1 in
                    --secure-port) port=$2 ;;
                    --cert-dir) cd "$2" ;;
                    esac
                    shift
                done
                echo ok >readyz
                exec openssl s_server -quiet -accept "$port" -cert apiserver.crt -key apiserver.key -WWW
                """);
        Path kubeconfig = directory.resolve("kubeconfig");
        Path state = Files.createDirectories(directory.resolve("state/tmp")).getParent();
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + state.resolve("tmp"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ApiServerProcess.class.getName(),
                        "--address=127.0.0.1",
                        "--port=0",
                        "--programs=" + directory.resolve("programs"),
                        "--directory=" + state,
                        "--kubeconfig=" + kubeconfig)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (!Files.exists(kubeconfig)) {
            assertTrue(process.isAlive() && System.nanoTime() - deadlineNs < 0, log());
            Thread.sleep(50);
        }
        return kubeconfig;
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    private String arguments(String program) throws IOException {
        // They are started through links of another name: the note stands beside the link.
        try (var files = Files.walk(directory)) {
            return files.filter(file -> file.getFileName().toString().equals(program + ".arguments"))
                    .map(file -> {
                        try {
                            return Files.readString(file);
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    })
                    .reduce("", String::concat);
        }
    }

    @Test
    void shouldRunBothAndSayWhereTheyAreOnceTheyAnswer() throws Exception {
        String kubeconfig = Files.readString(start());
        assertTrue(arguments("kube-apiserver").contains("--authorization-mode RBAC"), arguments("kube-apiserver"));
        assertTrue(arguments("kube-apiserver").contains("--etcd-servers http://"), arguments("kube-apiserver"));
        String port = arguments("kube-apiserver").replaceAll("(?s).*--secure-port (\\d+).*", "$1");
        assertTrue(kubeconfig.contains("https://127.0.0.1:" + port), kubeconfig);
        // etcd's data goes with the rest, also when nobody is left to delete it.
        assertTrue(arguments("etcd").contains("-data-dir " + directory.resolve("state/tmp")), arguments("etcd"));
    }

    @Test
    void shouldCertifyTheAddressThatClientsUse() throws Exception {
        start();
        try (InputStream in = Files.newInputStream(directory.resolve("state/apiserver.crt"))) {
            var certificate =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
            List<String> names = certificate.getSubjectAlternativeNames().stream()
                    .map(name -> name.get(1).toString())
                    .toList();
            assertTrue(names.contains("127.0.0.1") && names.contains("kubernetes.default.svc"), names.toString());
        }
    }

    @Test
    void shouldEndWhenEtcdEnds() throws Exception {
        start();
        process.children()
                .filter(child -> child.info().commandLine().orElse("").contains("sleep 1000"))
                .forEach(ProcessHandle::destroyForcibly);
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), log());
        assertEquals(1, process.exitValue());
    }
}
