package dev.diskcryptnet.e2e.compare;

import static dev.diskcryptnet.e2e.compare.LoadProgram.OBJECTS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.compare.FaultyServer.Fault;
import dev.diskcryptnet.e2e.compare.LoadProgram.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The benchmark's client must notice when what it counts is not what was asked for. */
class LoadGeneratorTest {
    private static final int FAULTY = 37;

    @TempDir
    static Path programs;

    private static LoadProgram program;

    @BeforeAll
    static void build() throws Exception {
        program = LoadProgram.build(programs);
    }

    private static Outcome pass(int objectBytes, Fault fault, String... more) throws Exception {
        try (var server = new FaultyServer(objectBytes, FAULTY, fault)) {
            return program.pass(server.port(), objectBytes, more);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 63, 4096, 7000, 100_001})
    void shouldCountEveryByteOfAServerThatIsRight(int objectBytes) throws Exception {
        Outcome outcome = pass(objectBytes, Fault.NONE, "--verify-every=1");
        assertEquals(0, outcome.status(), () -> outcome.report().toString());
        assertEquals(OBJECTS, outcome.count("requests"));
        assertEquals((long) OBJECTS * objectBytes, outcome.count("bytes"));
        assertEquals(OBJECTS, outcome.count("verified"));
    }

    @ParameterizedTest
    @CsvSource({
        "LAST_BYTE_WRONG, 4096",
        "LAST_BYTE_WRONG, 100001",
        "FIRST_BYTE_WRONG, 4096",
        "FIRST_BYTE_WRONG, 100001",
        "OTHER_OBJECT, 4096",
        "OTHER_OBJECT, 100001"
    })
    void shouldFindAWrongByteAnywhereInAVerifiedBody(Fault fault, int objectBytes) throws Exception {
        Outcome outcome = pass(objectBytes, fault, "--verify-every=1");
        assertEquals(1, outcome.status());
        assertEquals(1, outcome.count("mismatches"));
        assertEquals(0, outcome.count("errors"));
    }

    @ParameterizedTest
    @ValueSource(ints = {4096, 100_001})
    void shouldFindTheWrongObjectInABodyThatIsNotInTheSample(int objectBytes) throws Exception {
        assertEquals(
                1,
                pass(objectBytes, Fault.OTHER_OBJECT, "--verify-every=1000000").count("mismatches"));
    }

    @ParameterizedTest
    @CsvSource({"CLOSED_EARLY, short", "RESET, reset", "NOT_FOUND, status", "LENGTH_WRONG, malformed", "SILENT, stalled"
    })
    void shouldCountABrokenResponseUnderItsKind(Fault fault, String kind) throws Exception {
        for (int objectBytes : new int[] {4096, 100_001}) {
            Outcome outcome = pass(objectBytes, fault);
            assertEquals(1, outcome.status());
            assertEquals(1, outcome.kind(kind), () -> outcome.report().toString());
            assertEquals(1, outcome.count("errors"));
            assertEquals(OBJECTS - 1, outcome.count("requests"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"IN_SMALL_PIECES", "CLOSED_AFTERWARDS"})
    void shouldTakeWhatHttpAllows(Fault fault) throws Exception {
        Outcome outcome = pass(100_001, fault, "--verify-every=1");
        assertEquals(0, outcome.status(), () -> outcome.report().toString());
        assertEquals(OBJECTS, outcome.count("requests"));
        assertEquals(fault == Fault.CLOSED_AFTERWARDS ? 1 : 0, outcome.count("reconnects"));
    }

    @Test
    void shouldEndAndCountWhenNobodyListens() throws Exception {
        int port;
        try (var server = new FaultyServer(1, 0, Fault.NONE)) {
            port = server.port();
        }
        Outcome outcome = program.run(port, 100, "--once");
        assertEquals(1, outcome.status());
        assertTrue(outcome.kind("connect") > 0);
    }

    @Test
    void shouldMeasureForTheTimeAskedAndGoOnAfterErrors() throws Exception {
        try (var server = new FaultyServer(5000, FAULTY, Fault.RESET)) {
            Outcome outcome = program.run(server.port(), 5000, "--seconds=1", "--warmup=0.2", "--connections=2");
            assertEquals(1.0, outcome.report().get("seconds").asDouble(), 0.3);
            assertTrue(outcome.kind("reset") > 1, () -> outcome.report().toString());
            assertTrue(outcome.count("requests") > OBJECTS);
        }
    }

    @Test
    void shouldMakeTheObjectsThatTheLoadGeneratorExpects(@TempDir Path directory)
            throws IOException, InterruptedException {
        Process make = new ProcessBuilder(
                        programs.resolve("make-objects").toString(), directory.toString(), "3", "10001")
                .inheritIO()
                .start();
        assertEquals(0, make.waitFor());
        for (int object = 0; object < 3; object++) {
            assertArrayEquals(
                    FaultyServer.content(object, 10001),
                    Files.readAllBytes(directory.resolve("%04d".formatted(object))));
        }
    }
}
