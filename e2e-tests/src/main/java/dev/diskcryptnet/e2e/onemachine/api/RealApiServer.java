package dev.diskcryptnet.e2e.onemachine.api;

import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.KubeAPITestException;
import io.fabric8.kubeapitest.cert.CertManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x509.GeneralName;

/**
 * kube-apiserver and etcd, run by fabric8's kube-api-test. That one expects programs in a directory of its own making
 * and issues a certificate for loopback only, and it throws away what the programs write; here the directory has a
 * script for each program that keeps its log, and the certificate, which it takes when it is there, is for the address
 * that other network namespaces reach.
 */
final class RealApiServer {
    private static final int START_LIMIT_MS = 60_000;
    private static final int SHOWN_LINES = 20;
    private static final Pattern VERSION = Pattern.compile("v?(\\d+\\.\\d+\\.\\d+)");
    private static final String PORT_IN_URL = "https://127\\.0\\.0\\.1:(\\d+)";

    private final Path programs;
    private final Path directory;
    private final String address;

    /**
     * @param programs kube-apiserver, etcd, and kubectl unless that is on the PATH
     * @param directory for certificates, data and the programs' logs
     * @param address numeric, of this host, that clients use
     */
    RealApiServer(Path programs, Path directory, String address) {
        this.programs = programs;
        this.directory = directory;
        this.address = address;
    }

    /**
     * Starts both and waits until they answer.
     *
     * @return a kubeconfig of its administrator
     */
    String start() throws IOException, InterruptedException {
        String version = version();
        place(version);
        makeCertificates();
        var server = new KubeAPIServer(KubeAPIServerConfigBuilder.anAPIServerConfig()
                .withTestDir(directory.toString())
                .withApiServerVersion(version)
                .withOfflineMode(true)
                .withStartupTimeout(START_LIMIT_MS)
                .withUpdateKubeConfig(false)
                // By itself it looks for a default route, which a network namespace need not have.
                .withApiServerFlag("--advertise-address", address)
                .build());
        try {
            server.start();
        } catch (KubeAPITestException e) {
            throw new IOException(e.getMessage() + ":\n" + lastLines("etcd") + lastLines("kube-apiserver"), e);
        }
        Matcher url = Pattern.compile(PORT_IN_URL).matcher(server.getKubeConfigYaml());
        if (!url.find()) {
            throw new IllegalStateException("no port in kubeconfig:\n" + server.getKubeConfigYaml());
        }
        return KubeConfigFile.mutualTls(
                "https://" + address + ":" + url.group(1),
                directory.resolve(CertManager.API_SERVER_CERT_NAME),
                directory.resolve(CertManager.CLIENT_CERT_NAME),
                directory.resolve(CertManager.CLIENT_KEY_NAME));
    }

    /** Returns when one of the two has ended. */
    void awaitEnd() {
        CompletableFuture.anyOf(ProcessHandle.current()
                        .children()
                        .map(ProcessHandle::onExit)
                        .toArray(CompletableFuture[]::new))
                .join();
    }

    private String version() throws IOException, InterruptedException {
        Path program = programs.resolve("kube-apiserver");
        Process process = new ProcessBuilder(program.toString(), "--version")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        Matcher version = VERSION.matcher(said);
        if (!version.find()) {
            throw new IOException("program=" + program + " does not say its version: " + said.strip());
        }
        return version.group(1);
    }

    private void place(String version) throws IOException {
        Path place = Files.createDirectories(directory.resolve("k8s").resolve(version + "-linux-" + architecture()));
        for (String name : new String[] {"kube-apiserver", "etcd", "kubectl"}) {
            Path script = place.resolve(name);
            String log = name.equals("kubectl") ? "" : " >>'" + log(name) + "' 2>&1";
            Files.writeString(script, "#!/bin/sh\nexec '" + find(name) + "' \"$@\"" + log + "\n");
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        }
    }

    private Path log(String name) {
        return directory.resolve(name + ".log").toAbsolutePath();
    }

    private String lastLines(String name) throws IOException {
        if (!Files.exists(log(name))) {
            return "";
        }
        List<String> lines = Files.readAllLines(log(name));
        return "== " + log(name) + "\n"
                + String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size())) + "\n";
    }

    /** As kube-api-test names it. */
    static String architecture() {
        return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    }

    private Path find(String name) throws IOException {
        Path beside = programs.resolve(name);
        if (Files.isExecutable(beside)) {
            return beside.toAbsolutePath();
        }
        for (String one : System.getenv("PATH").split(":")) {
            Path onPath = Path.of(one, name);
            if (Files.isExecutable(onPath)) {
                return onPath.toAbsolutePath();
            }
        }
        throw new IOException("program=" + name + " is neither in " + programs + " nor on the PATH");
    }

    private void makeCertificates() {
        CertManager.generateKeyAndCertificate(
                "CN=kube-apiserver",
                directory.resolve(CertManager.API_SERVER_KEY_NAME).toFile(),
                directory.resolve(CertManager.API_SERVER_CERT_NAME).toFile(),
                new GeneralName(GeneralName.iPAddress, address),
                new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
                new GeneralName(GeneralName.dNSName, "localhost"),
                new GeneralName(GeneralName.dNSName, "kubernetes.default.svc"));
        CertManager.generateKeyAndCertificate(
                "O=system:masters,CN=one-machine",
                directory.resolve(CertManager.CLIENT_KEY_NAME).toFile(),
                directory.resolve(CertManager.CLIENT_CERT_NAME).toFile());
    }
}
