package dev.diskcryptnet.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateDirectoryTest {
    @TempDir
    Path directory;

    /** Another process: holds a directory until it is killed. */
    static final class Holder {
        public static void main(String[] args) throws Exception {
            StateDirectory.open(Path.of(args[0]));
            System.out.println("held");
            Thread.sleep(60_000);
        }
    }

    private static Process hold(Path path) throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        path.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader reader = process.inputReader()) {
            assertEquals("held", reader.readLine());
        }
        return process;
    }

    @Test
    void shouldRefuseDirectoryThatAnotherProcessHoldsUntilItIsDead() throws Exception {
        Path path = directory.resolve("made/on/the/way");
        Process other = hold(path);
        try {
            StateException e = assertThrows(StateException.class, () -> StateDirectory.open(path));
            assertEquals(StateException.Reason.IN_USE, e.reason());
            assertTrue(e.getMessage().contains("state-directory=" + path), e::getMessage);
            assertTrue(e.getMessage().contains("pid=" + other.pid()), e::getMessage);
        } finally {
            other.destroyForcibly().waitFor();
        }
        StateDirectory.open(path).close();
    }

    @Test
    void shouldRefuseDirectoryThatThisProcessHoldsAndKeepTheHold() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
        try (var held = StateDirectory.open(directory)) {
            assertThrows(StateException.class, () -> StateDirectory.open(link));
            assertThrows(AssertionError.class, () -> hold(directory));
            assertFalse(Files.exists(held.journal() == null ? directory : directory.resolve("devices.json")));
        }
        StateDirectory.open(link).close();
    }

    @Test
    void shouldSayWhichDirectoryCannotBeMade() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        StateException e = assertThrows(StateException.class, () -> StateDirectory.open(file.resolve("below")));
        assertEquals(StateException.Reason.FAILED, e.reason());
        assertTrue(e.getMessage().contains("state-directory=" + file), e::getMessage);
    }
}
