package dev.diskcryptnet.e2e.onemachine.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.onemachine.api.InMemoryApiServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands, on the server in memory, as a person runs them. */
class ClientCommandsTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private record Said(int exitCode, String text) {}

    @TempDir
    Path directory;

    private InMemoryApiServer server;
    private Path kubeconfig;

    @BeforeEach
    void start() throws IOException {
        server = new InMemoryApiServer("127.0.0.1", 0);
        kubeconfig = directory.resolve("kubeconfig");
        Files.writeString(kubeconfig, """
                ---
                {apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, cluster: {server: "%s"}}],
                 users: [{name: u, user: {}}], contexts: [{name: c, context: {cluster: c, user: u}}]}
                """.formatted(server.url()));
        run(
                new ApplyCommand(),
                "-f",
                ROOT.resolve("crds/streamingnodes.diskcryptnet.dev.yaml").toString());
        run(
                new ApplyCommand(),
                "-f",
                ROOT.resolve("crds/streamingnodepools.diskcryptnet.dev.yaml").toString());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private synchronized Said run(ClientCommand command, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--kubeconfig=" + kubeconfig);
        var text = new ByteArrayOutputStream();
        PrintStream out = System.out;
        PrintStream err = System.err;
        System.setOut(new PrintStream(text, true));
        System.setErr(System.out);
        try {
            int exitCode = new CommandLine(command)
                    .setExecutionExceptionHandler((exception, line, parsed) -> {
                        System.err.println(exception.getMessage());
                        return 1;
                    })
                    .execute(all.toArray(String[]::new));
            return new Said(exitCode, text.toString());
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    private Said apply(String yaml) throws IOException {
        Path file = directory.resolve("file.yaml");
        Files.writeString(file, yaml);
        return run(new ApplyCommand(), "-f", file.toString());
    }

    private static String sample() throws IOException {
        return Files.readString(ROOT.resolve("deploy/samples/one-machine.yaml"));
    }

    @Test
    void shouldListWithTheColumnsOfTheDefinition() throws IOException {
        assertEquals(
                "streamingnode.diskcryptnet.dev/one-machine created\n",
                apply(sample()).text());
        for (String name : List.of("sn", "streamingnode", "streamingnodes", "StreamingNode.diskcryptnet.dev")) {
            List<String> lines = run(new GetCommand(), name).text().lines().toList();
            assertTrue(lines.get(0).startsWith("NAME          NODE        READY"), lines.toString());
            assertTrue(lines.get(1).startsWith("one-machine   localhost   <none>"), lines.toString());
        }
    }

    @Test
    void shouldPrintAnObjectInEveryForm() throws IOException {
        apply(sample());
        assertEquals(
                "localhost",
                new ObjectMapper()
                        .readTree(run(new GetCommand(), "sn/one-machine", "-o", "json")
                                .text())
                        .at("/spec/nodeName")
                        .asText());
        assertTrue(
                run(new GetCommand(), "sn", "one-machine", "-o", "yaml").text().contains("\n  nodeName: localhost\n"));
        assertEquals(
                "streamingnode.diskcryptnet.dev/one-machine\n",
                run(new GetCommand(), "diskcryptnet", "-o", "name").text());
    }

    @Test
    void shouldSayWhatIsNotThere() {
        Said missing = run(new GetCommand(), "sn/none");
        assertEquals(1, missing.exitCode());
        assertTrue(missing.text().contains("NotFound"), missing.text());
        assertTrue(run(new GetCommand(), "sn").text().contains("No resources found"));
        Said unknown = run(new GetCommand(), "gadgets");
        assertEquals(1, unknown.exitCode());
        assertTrue(unknown.text().contains("streamingnodes"), unknown.text());
    }

    @Test
    void shouldConfigureWhatChangedAndSayWhenNothingDid() throws IOException {
        apply(sample());
        assertTrue(apply(sample()).text().contains("unchanged"));
        assertTrue(apply(sample().replace("drainTimeout: 3s", "drainTimeout: 4s"))
                .text()
                .contains("configured"));
    }

    @Test
    void shouldPassOnWhyTheServerRefuses() throws IOException {
        Said refused = apply(sample().replace("driver: uring", "driver: floppy"));
        assertNotEquals(0, refused.exitCode());
        assertTrue(
                refused.text().startsWith("Error from server (Invalid): StreamingNode \"one-machine\" is invalid"),
                refused.text());
    }

    @Test
    void shouldSayThatAFileIsNoObject() throws IOException {
        Said refused = apply("just: text\n");
        assertEquals(1, refused.exitCode());
        assertTrue(refused.text().contains("file="), refused.text());
    }

    @Test
    void shouldScaleAPool() throws IOException {
        apply(Files.readString(ROOT.resolve("deploy/samples/pool.yaml")));
        assertEquals(
                0,
                run(new ScaleCommand(), "snp/edge", "-n", "streaming", "--replicas", "5")
                        .exitCode());
        assertTrue(run(new GetCommand(), "snp/edge", "-n", "streaming", "-o", "yaml")
                .text()
                .contains("replicas: 5"));
        assertEquals(1, run(new ScaleCommand(), "snp/none", "--replicas", "5").exitCode());
    }

    @Test
    void shouldDeleteAndReturnWhenItIsGone() throws IOException {
        apply(sample());
        Said deleted = run(new DeleteCommand(), "sn/one-machine");
        assertEquals("streamingnode.diskcryptnet.dev/one-machine deleted\n", deleted.text());
        assertEquals(1, run(new DeleteCommand(), "sn/one-machine").exitCode());
        assertEquals(
                0,
                run(new DeleteCommand(), "sn/one-machine", "--ignore-not-found").exitCode());
    }

    @Test
    void shouldSayWhatHoldsUpADeletion() throws IOException {
        apply(sample().replace("  name: one-machine\n", "  name: one-machine\n  finalizers: [example.com/held]\n"));
        Said held = run(new DeleteCommand(), "sn/one-machine", "--timeout", "1");
        assertEquals(1, held.exitCode());
        assertTrue(held.text().contains("example.com/held"), held.text());
        assertEquals(
                0, run(new DeleteCommand(), "sn/one-machine", "--wait=false").exitCode());
    }

    @Test
    void shouldDescribeConditionsAndEvents() throws IOException {
        apply(sample());
        Said described = run(new DescribeCommand(), "sn/one-machine");
        assertTrue(described.text().contains("nodeName: localhost"), described.text());
        assertTrue(described.text().contains("Events: <none>"), described.text());
    }
}
