package dev.diskcryptnet.e2e.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The agent's image does its work as a container, with what its pod gives it and nothing else. */
@Tag("kernel")
class AgentImageE2E {
    private static final String STATE = "/var/lib/diskcryptnet/streaming.edge";
    private static final Path SECCOMP_PROFILE = ImageArchive.ROOT.resolve("helm/diskcryptnet/files/seccomp/agent.json");
    private static final String[] CAPABILITIES = {"NET_RAW", "NET_ADMIN", "IPC_LOCK", "BPF"};

    private static ImageArchive image;

    private Path host;
    private Path films;
    private Path film;
    private TwoHosts network;

    @BeforeAll
    static void build() {
        image = ImageArchive.of("agent");
    }

    @BeforeEach
    void makeHost() throws IOException {
        // Beside the build, on a disk: a temporary directory may be in memory, where O_DIRECT is not to be had.
        host = Files.createTempDirectory(image.bundle().getParent(), "host");
        films = Files.createDirectories(host.resolve("films"));
        byte[] content = new byte[3_000_000];
        new Random(7).nextBytes(content);
        film = Files.write(host.resolve("film.mp4"), content);
        // Whatever character set this test runs with, the name on the disk is in UTF-8, and the image reads it so.
        Run.checked("sh", "-c", "cp " + film + " " + films + "/$(printf 'f\\303\\257lm.mp4')");
        network = TwoHosts.create();
    }

    @AfterEach
    void removeHost() {
        network.close();
        ImageArchive.delete(host);
    }

    @Test
    void shouldSayItsVersion() throws Exception {
        try (var container = new Container(image)) {
            Run.Result result = container.run("version");
            assertEquals(0, result.exitCode(), result.output());
            assertTrue(result.output().startsWith("dcn-agent 0."), result.output());
        }
    }

    @Test
    void shouldFindTheProgramByNameAsAPodsCommandDoes() throws Exception {
        try (var container = new Container(image)) {
            Run.Result result = container.runCommand("dcn-agent", "serve", "--help");
            assertEquals(0, result.exitCode(), result.output());
            assertTrue(result.output().contains("--tls-directory"), result.output());
        }
    }

    @Test
    void shouldPassOnOptionsOfTheJvmAndTheExitStatus() throws Exception {
        try (var container = new Container(image).withEnvironment("DCN_JAVA_OPTS=-Xlog:cds -Xshare:on -showversion")) {
            Run.Result result = container.run("no-such-command");
            assertEquals(2, result.exitCode(), result.output());
            assertTrue(result.output().contains("sharing"), result.output());
        }
    }

    @Test
    void shouldSayWhatIsMissingWithoutJavaHome() throws Exception {
        try (var container = new Container(image).withEnvironment("JAVA_HOME=")) {
            Run.Result result = container.run("version");
            assertEquals(1, result.exitCode(), result.output());
            assertTrue(result.output().contains("JAVA_HOME is not set"), result.output());
        }
    }

    @Test
    void shouldSealWithBothEngines() throws Exception {
        try (var container = new Container(image)) {
            Run.Result result = container.run("bench-crypt", "--json");
            assertEquals(0, result.exitCode(), result.output());
            assertTrue(result.output().contains("\"engine\":\"ipsec-mb\""), result.output());
            assertTrue(result.output().contains("\"engine\":\"openssl\""), result.output());
        }
    }

    @Test
    void shouldServeFromAFileWithFourCapabilitiesAndTheChartsSeccompProfile() throws Exception {
        Path disks = Files.createDirectories(host.resolve("disks"));
        run(
                tools(disks).withSeccompProfile(SECCOMP_PROFILE),
                "format",
                "--disk",
                "/disks/demo.img",
                "--create",
                "64Mi");
        run(tools(disks).withSeccompProfile(SECCOMP_PROFILE), "put", "--disk", "/disks/demo.img", "/films", "/films");
        serve(pod("/disks/demo.img")
                .withCapabilities(CAPABILITIES)
                .withSeccompProfile(SECCOMP_PROFILE)
                .withDirectory(disks, "/disks"));
    }

    @Test
    void shouldServeFromABlockDevicePrivileged() throws Exception {
        Path file = host.resolve("disk.img");
        try (var disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(64 << 20);
        }
        String device = Run.checked("losetup", "--find", "--show", "--direct-io=on", file.toString())
                .strip();
        try {
            run(tools(host).privileged(), "format", "--disk", device);
            run(tools(host).privileged(), "put", "--disk", device, "/films", "/films");
            serve(pod(device).privileged());
        } finally {
            Run.checked("losetup", "--detach", device);
        }
    }

    /** A film whose name is not ASCII comes back to the byte, in plain and under TLS, and the agent ends when told to. */
    private void serve(Container unstarted) throws Exception {
        try (var container = unstarted) {
            Path log = container.startWith(
                    "serve",
                    "--config",
                    "/etc/dcn/agent/agent.yaml",
                    "--admin",
                    "0.0.0.0:9464",
                    "--token-file",
                    "/etc/dcn/admin/token",
                    "--tls-directory",
                    "/etc/dcn/tls",
                    "--state-directory",
                    STATE);
            container.await(
                    () -> network.tryOnServer("curl", "-sf", "-m1", "http://127.0.0.1:9464/readyz")
                            .ok(),
                    log);
            assertEquals(-1, Files.mismatch(film, fetch("http://198.18.8.2/films/f%C3%AFlm.mp4")));
            assertEquals(-1, Files.mismatch(film, fetch("https://198.18.8.2/films/f%C3%AFlm.mp4")));
            // As the pod's preStop hook does.
            Run.Result drained = container.exec(
                    "dcn-agent", "drain", "--admin", "127.0.0.1:9464", "--token-file", "/etc/dcn/admin/token");
            assertEquals(0, drained.exitCode(), drained.output());
            assertEquals(0, container.stop(), () -> read(log));
        }
    }

    @Test
    void shouldNotWriteOutsideItsMounts() throws Exception {
        try (var container = new Container(image)) {
            Run.Result result = container.run("volume", "format", "--disk", "/opt/demo.img", "--create", "64Mi");
            assertNotEquals(0, result.exitCode(), result.output());
        }
    }

    /** For {@code dcn-agent volume}: the volume's directory, and films to put into it. */
    private Container tools(Path disks) throws IOException {
        return new Container(image)
                .withDirectory(disks, "/disks")
                .withDirectory(films, "/films", "ro")
                .withCapabilities(CAPABILITIES);
    }

    private static void run(Container unstarted, String... arguments) throws Exception {
        try (var container = unstarted) {
            List<String> command = new ArrayList<>(List.of("volume"));
            command.addAll(List.of(arguments));
            Run.Result result = container.run(command.toArray(String[]::new));
            assertEquals(0, result.exitCode(), result.output());
        }
    }

    /** With the volumes that the operator gives the pod of a node with this disk and one TLS secret. */
    private Container pod(String disk) throws IOException {
        Path config = Files.createDirectories(host.resolve("config"));
        Files.writeString(config.resolve("agent.yaml"), """
                nodeName: host7
                disks:
                - {path: %s, driver: uring}
                ports:
                - {interfaceName: port, driver: packet, addresses: [198.18.8.2/24], gateways: [198.18.8.1]}
                listeners:
                - {port: 80}
                - {port: 443, tls: {secretName: edge-tls}}
                drainTimeout: 2s
                """.formatted(disk));
        Path admin = Files.createDirectories(host.resolve("admin"));
        Files.writeString(admin.resolve("token"), "secret-of-the-test");
        Path secret = Files.createDirectories(host.resolve("tls"));
        Run.checked(
                "openssl",
                "req",
                "-x509",
                "-nodes",
                "-days",
                "2",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-subj",
                "/CN=edge",
                "-addext",
                "subjectAltName=IP:198.18.8.2",
                "-keyout",
                secret.resolve("tls.key").toString(),
                "-out",
                secret.resolve("tls.crt").toString());
        Path state = Files.createDirectories(host.resolve("state"));
        return new Container(image)
                .inNetwork(TwoHosts.SERVER)
                .withDirectory(config, "/etc/dcn/agent", "ro")
                .withDirectory(admin, "/etc/dcn/admin", "ro")
                .withDirectory(secret, "/etc/dcn/tls/edge-tls", "ro")
                .withDirectory(state, STATE);
    }

    private Path fetch(String url) {
        Path target = host.resolve("fetched");
        network.onClient(
                "curl",
                "-sSf",
                "-m",
                "20",
                "--cacert",
                host.resolve("tls/tls.crt").toString(),
                "-o",
                target.toString(),
                url);
        return target;
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
