package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What agents and releases do with a state directory that others have, had, or wrote to. */
@Tag("kernel")
@Timeout(120)
class StateDirectoryE2E {
    private static final int FAILED = 1;
    private static final int REFUSED = 3;

    private static final long GSO_BEFORE = 65_536;

    private static TestBed bed;
    private static Path state;

    @BeforeAll
    static void make() throws Exception {
        bed = TestBed.create("state");
        // The one that changes something on the host: there would be nothing to put back after another.
        bed.usePortDriver("packet");
        bed.format("64Mi");
        state = bed.directory().resolve("state");
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    private static Run.Result release() {
        return Run.quietly(bed.onServer("release", "--state-directory", state.toString()));
    }

    private static Run.Result serveBeside() {
        return Run.quietly(bed.onServer(
                "serve",
                "--config",
                bed.directory().resolve("node.yaml").toString(),
                "--admin",
                "127.0.0.1:0",
                "--state-directory",
                state.toString()));
    }

    private static long gso() {
        return LinkProbe.gsoIpv4MaxSize(bed, "port");
    }

    private static void assertPutBack() {
        assertEquals(GSO_BEFORE, gso());
        assertFalse(Files.exists(state.resolve("devices.json")));
    }

    @Test
    void shouldPutHostBackAtAnOrderlyEnd() throws Exception {
        assertEquals(GSO_BEFORE, gso());
        AgentProcess with = bed.startAgent("--state-directory", state.toString());
        assertTrue(gso() > GSO_BEFORE, "this agent changes nothing, so nothing is tried here");
        assertEquals(0, with.stop());
        assertPutBack();
        AgentProcess without = bed.startAgent();
        assertTrue(gso() > GSO_BEFORE);
        assertEquals(0, without.stop());
        assertPutBack();
    }

    @Test
    void shouldPutHostBackByReleaseWhenTheAgentWasKilled() throws Exception {
        bed.startAgent("--state-directory", state.toString()).kill();
        assertTrue(gso() > GSO_BEFORE);
        assertTrue(Files.exists(state.resolve("devices.json")));
        Run.Result released = release();
        assertEquals(0, released.exitCode(), released.output());
        assertTrue(released.output().contains("RESTORED   interface=port  gso_ipv4_max_size"), released.output());
        assertPutBack();
        assertEquals(0, release().exitCode());
    }

    @Test
    void shouldKnowWhatWasThereBeforeThePredecessorThatWasKilled() throws Exception {
        bed.startAgent("--state-directory", state.toString()).kill();
        AgentProcess next = bed.startAgent("--state-directory", state.toString());
        assertTrue(next.log().contains("event=predecessor-left-changes changes=1"), next.log());
        assertTrue(gso() > GSO_BEFORE);
        assertEquals(0, next.stop());
        assertPutBack();
    }

    @Test
    void shouldRefuseASecondAgentAndAReleaseUntilTheFirstIsGone() throws Exception {
        AgentProcess agent = bed.startAgent("--state-directory", state.toString());
        Run.Result second = serveBeside();
        assertEquals(REFUSED, second.exitCode(), second.output());
        assertTrue(second.output().contains("state-directory=" + state + " is in use by pid="), second.output());
        Run.Result early = release();
        assertEquals(REFUSED, early.exitCode(), early.output());
        assertTrue(agent.isAlive());

        agent.kill();
        Run.Result late = release();
        assertEquals(0, late.exitCode(), late.output());
        assertFalse(Files.exists(state.resolve("devices.json")));

        AgentProcess next = bed.startAgent("--state-directory", state.toString());
        assertEquals(0, next.stop());
        assertFalse(Files.exists(state.resolve("devices.json")));
    }

    @Test
    void shouldTouchNothingWhenTheJournalCannotBeRead() throws Exception {
        bed.startAgent().stop();
        Files.createDirectories(state);
        Path journal = Files.writeString(state.resolve("devices.json"), "{\"version\": 1, \"crc32c\": \"0\"}");
        try {
            Run.Result serve = serveBeside();
            assertEquals(FAILED, serve.exitCode(), serve.output());
            assertTrue(serve.output().contains("journal=" + journal), serve.output());
            assertEquals(FAILED, release().exitCode());
            assertTrue(Files.exists(journal));
        } finally {
            Files.delete(journal);
        }
    }
}
