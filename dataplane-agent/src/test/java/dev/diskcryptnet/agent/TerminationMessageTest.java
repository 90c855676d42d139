package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.crds.Reason;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts agents that cannot serve, each a process, and reads what they leave. */
class TerminationMessageTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private Path log;
    private Path image;

    private record Left(int exit, String text) {
        JsonNode json() throws Exception {
            return JSON.readTree(text);
        }
    }

    @BeforeEach
    void setUp() throws Exception {
        log = directory.resolve("termination-log");
        image = Files.createFile(directory.resolve("disk.img"));
    }

    private Left run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Ddcn.library=" + System.getProperty("dcn.library"),
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(Arrays.asList(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("DCN_TERMINATION_LOG", log.toString());
        Process process = builder.start();
        try (BufferedReader reader = process.inputReader()) {
            reader.lines().forEach(line -> {});
        }
        int exit = process.waitFor();
        return new Left(exit, Files.exists(log) ? Files.readString(log) : "");
    }

    private Left serve(String disk, String interfaceName, String listener) throws Exception {
        Path config = Files.writeString(directory.resolve("node.yaml"), """
                disks: [{path: %s}]
                ports: [{interfaceName: %s, addresses: [192.0.2.2/24]}]
                listeners: [%s]
                format: IfEmpty
                """.formatted(disk, interfaceName, listener));
        return run("serve", "--config", config.toString(), "--tls-directory", directory.toString());
    }

    @Test
    void shouldNameDiskThatIsMissing() throws Exception {
        Left left = serve("/dev/dcn-none", "dcn-none", "{port: 80}");
        assertEquals(ExitCode.FAILED, left.exit());
        assertEquals("DeviceMissing", left.json().path("reason").asText());
        assertEquals("/dev/dcn-none", left.json().path("device").asText());
        assertTrue(left.json().path("message").asText().contains("does not exist"), left::text);
        assertEquals(1, left.text().lines().count());
    }

    @Test
    void shouldNameInterfaceThatIsMissing() throws Exception {
        try (var file = new java.io.RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        Left left = serve(image.toString(), "dcn-none", "{port: 80}");
        assertEquals(ExitCode.FAILED, left.exit());
        assertEquals("DeviceMissing", left.json().path("reason").asText(), left::text);
        assertEquals("dcn-none", left.json().path("device").asText());
    }

    @Test
    void shouldTellMissingSecretFromBrokenOne() throws Exception {
        String tls = "{port: 443, tls: {secretName: edge}}";
        Left missing = serve(image.toString(), "dcn-none", tls);
        assertEquals(ExitCode.USAGE, missing.exit());
        assertEquals("SecretMissing", missing.json().path("reason").asText(), missing::text);
        assertFalse(missing.json().has("device"));

        Path secret = Files.createDirectory(directory.resolve("edge"));
        Files.writeString(secret.resolve("tls.crt"), "none");
        Files.writeString(secret.resolve("tls.key"), "none");
        Left broken = serve(image.toString(), "dcn-none", tls);
        assertEquals("SecretInvalid", broken.json().path("reason").asText(), broken::text);
    }

    @Test
    void shouldSayThatSpecIsWrong() throws Exception {
        Left left = serve("not-absolute", "dcn-none", "{port: 80}");
        assertEquals(ExitCode.USAGE, left.exit());
        assertEquals("SpecInvalid", left.json().path("reason").asText());
        assertTrue(left.json().path("message").asText().contains("disks[0].path"), left::text);
    }

    @Test
    void shouldNotSpeakForTheAgentWhenAnotherCommandFails() throws Exception {
        Left left = run("volume", "info", "--disk", "/dev/dcn-none");
        assertEquals(ExitCode.FAILED, left.exit());
        assertFalse(Files.exists(log));
    }

    @Test
    void shouldStayOneLineOfJsonThatKubernetesKeepsWhole() throws Exception {
        String message = "\u00e4\"\n".repeat(3000);
        String line = new TerminationMessage(Reason.SpecInvalid, null, message).line();
        assertTrue(line.getBytes(StandardCharsets.UTF_8).length <= 4096);
        assertTrue(line.length() > 3000);
        assertEquals(1, line.lines().count());
        assertTrue(JSON.readTree(line).path("message").asText().endsWith("..."));
    }
}
