package dev.diskcryptnet.agent;

import static dev.diskcryptnet.device.LinkAttribute.Name.GSO_IPV4_MAX_SIZE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.device.HostChanges;
import dev.diskcryptnet.device.LinkAttribute;
import dev.diskcryptnet.netmap.VethPair;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the real command on real interfaces that a process changed which is dead, or is not. */
class ReleaseCommandTest {
    private static final long BEFORE = 65_536;
    private static final long AFTER = 180_000;

    @TempDir
    Path directory;

    private final KernelLinks links = new KernelLinks();

    private record Result(int exit, String out, String err) {
        JsonNode json() throws Exception {
            return new ObjectMapper().readTree(out);
        }
    }

    /** Changes both interfaces and lives on. */
    static final class Agent {
        public static void main(String[] args) throws Exception {
            HostChanges changes = HostChanges.open(Path.of(args[0]), KernelLinks.host());
            for (int i = 1; i < args.length; i++) {
                changes.apply(LinkAttribute.to(
                        AFTER, GSO_IPV4_MAX_SIZE, args[i], changes.host().links()));
            }
            System.out.println("changed");
            Thread.sleep(60_000);
        }
    }

    private Process agent(VethPair veth) throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Ddcn.library=" + System.getProperty("dcn.library"),
                        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Agent.class.getName(),
                        directory.toString(),
                        veth.near(),
                        veth.far())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader reader = process.inputReader();
        String line = reader.readLine();
        while (line != null && !line.equals("changed")) {
            line = reader.readLine();
        }
        assertEquals("changed", line);
        return process;
    }

    private static Result release(Path directory, String... more) {
        var out = new StringWriter();
        var err = new StringWriter();
        String[] arguments = new String[3 + more.length];
        arguments[0] = "release";
        arguments[1] = "--state-directory";
        arguments[2] = directory.toString();
        System.arraycopy(more, 0, arguments, 3, more.length);
        int exit = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(exit, out.toString(), err.toString());
    }

    private long value(String name) {
        return links.read(name, GSO_IPV4_MAX_SIZE);
    }

    @Test
    void shouldRefuseWhileAgentLivesAndPutHostBackWhenItWasKilled() throws Exception {
        try (VethPair veth = VethPair.create()) {
            Process agent = agent(veth);
            Result refused = release(directory);
            assertEquals(ExitCode.REFUSED, refused.exit(), refused::err);
            assertTrue(refused.err().contains("pid=" + agent.pid()), refused::err);
            assertEquals(AFTER, value(veth.near()));

            agent.destroyForcibly().waitFor();
            Result done = release(directory, "-o", "json");
            assertEquals(ExitCode.OK, done.exit(), done::err);
            assertTrue(done.json().path("released").asBoolean(), done::out);
            JsonNode first = done.json().path("changes").path(0);
            assertEquals("LinkAttribute", first.path("kind").asText());
            assertEquals("interface=" + veth.far(), first.path("device").asText());
            assertEquals("Restored", first.path("outcome").asText());
            assertEquals(BEFORE, value(veth.near()));
            assertEquals(BEFORE, value(veth.far()));

            Result again = release(directory);
            assertEquals(ExitCode.OK, again.exit());
            assertTrue(again.out().contains("nothing to do"), again::out);
        }
    }

    @Test
    void shouldNameDeviceThatIsGoneAndSucceed() throws Exception {
        String near;
        try (VethPair veth = VethPair.create()) {
            near = veth.near();
            agent(veth).destroyForcibly().waitFor();
        }
        Result result = release(directory);
        assertEquals(ExitCode.OK, result.exit(), result::err);
        assertTrue(result.out().contains("GONE"), result::out);
        assertTrue(result.out().contains("interface=" + near), result::out);
        assertFalse(Files.exists(directory.resolve("devices.json")));
    }

    @Test
    void shouldHaveNothingToDoWithoutDirectory() throws Exception {
        Path none = directory.resolve("none");
        assertEquals(ExitCode.OK, release(none).exit());
        Result json = release(none, "-o", "json");
        assertTrue(json.json().path("released").asBoolean(), json::out);
        assertFalse(Files.exists(none));
    }

    @Test
    void shouldRefuseJournalThatIsDamagedAndKeepIt() throws Exception {
        Path journal = Files.writeString(directory.resolve("devices.json"), "{\"version\": 1");
        Result result = release(directory);
        assertEquals(ExitCode.FAILED, result.exit());
        assertTrue(result.err().contains("journal=" + journal), result::err);
        assertTrue(Files.exists(journal));
    }

    @Test
    void shouldPutRightWhatDeadPredecessorLeftBeforeAnythingElse() throws Exception {
        try (VethPair veth = VethPair.create()) {
            agent(veth).destroyForcibly().waitFor();
            assertEquals(AFTER, value(veth.near()));
            HostChanges.open(directory, KernelLinks.host()).letGo();
            assertEquals(BEFORE, value(veth.near()));
            assertEquals(BEFORE, value(veth.far()));
        }
    }

    @Test
    void shouldSeeNamespacesThatHaveAProcessInThem() {
        assertTrue(links.namespaceExists(links.namespace()));
        assertFalse(links.namespaceExists("net:[1]"));
    }
}
