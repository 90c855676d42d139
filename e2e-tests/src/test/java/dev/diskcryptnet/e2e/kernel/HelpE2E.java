package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever only wants to know what a command does finds the machine as it was. */
@Tag("kernel")
class HelpE2E {
    @TempDir
    Path directory;

    /** The package database is empty here, so that a command that wants packages fails. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "up --help",
                "get --help",
                "apply -h",
                "down -h",
                "status --help",
                "build -h",
                "test --help",
                "images --help",
                "bench --help"
            })
    void shouldShowHelpWithoutInstallingOrBuilding(String arguments) {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "DPKG_ADMINDIR=" + directory,
                "DCN_NO_INSTALL=1",
                Launcher.ROOT.resolve("dcn").toString()));
        command.addAll(List.of(arguments.split(" ")));
        Run.Result result = Run.quietly(command);
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().startsWith("Usage: "), result.output());
    }
}
