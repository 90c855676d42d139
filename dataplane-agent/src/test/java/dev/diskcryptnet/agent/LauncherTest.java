package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the real launcher with made-up JDKs: each is a script that prints its name and arguments. */
class LauncherTest {
    private static final Path SOURCE = Path.of("src/main/dist/bin/dcn-agent").toAbsolutePath();

    @TempDir
    Path directory;

    private Path launcher;
    private Path jvms;

    private record Result(int exit, String output) {}

    @BeforeEach
    void setUp() throws IOException {
        launcher = directory.resolve("dist with space/bin/dcn-agent");
        Files.createDirectories(launcher.getParent());
        Files.copy(SOURCE, launcher, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        jvms = Files.createDirectory(directory.resolve("jvms"));
    }

    @Test
    void shouldUseJavaHomeWhenItIsNewEnough() throws Exception {
        jdk("a", 25);
        Result result = launch(Map.of("JAVA_HOME", jdk("z", 26).toString()), "version");

        assertEquals(0, result.exit(), result.output());
        assertTrue(result.output().startsWith("z: "), result.output());
        assertTrue(result.output().contains("/dist with space/lib/dcn-agent.jar version"), result.output());
    }

    @Test
    void shouldFindNewEnoughJdkInUsualPlaceWhenJavaHomeIsOld() throws Exception {
        jdk("a", 17);
        jdk("b", 25);
        Result result = launch(Map.of("JAVA_HOME", jdk("old", 21).toString()));

        assertTrue(result.output().startsWith("b: "), result.output());
    }

    @Test
    void shouldFindNewEnoughJavaOnPath() throws Exception {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Path elsewhere = jdk(directory.resolve("elsewhere"), "p", 25);
        Files.createSymbolicLink(bin.resolve("java"), elsewhere.resolve("bin/java"));
        Result result = launch(Map.of("PATH", bin + ":/usr/bin:/bin"));

        assertTrue(result.output().startsWith("p: "), result.output());
    }

    @Test
    void shouldSayWhatToInstallWhenEveryJavaIsOld() throws Exception {
        Path old = jdk("old", 17);
        Result result = launch(Map.of("JAVA_HOME", old.toString(), "PATH", old.resolve("bin") + ":/usr/bin:/bin"));

        assertEquals(1, result.exit());
        assertTrue(result.output().contains("no Java 25 or newer found"), result.output());
        assertTrue(result.output().contains("install a JDK 25"), result.output());
        assertEquals(2, result.output().lines().count(), result.output());
    }

    @Test
    void shouldPassExtraOptionsToJvmAfterItsOwn() throws Exception {
        jdk("a", 25);
        Result result = launch(Map.of("DCN_JAVA_OPTS", "-Xmx1g -Da=b"), "two words", "");

        assertTrue(result.output().contains("jvm.options -Xmx1g -Da=b -jar"), result.output());
        assertTrue(result.output().endsWith(" two words \n"), result.output());
    }

    private Path jdk(String name, int version) throws IOException {
        return jdk(jvms.resolve(name), name, version);
    }

    private static Path jdk(Path home, String name, int version) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + ".0.1\"\n");
        Path java = Files.writeString(home.resolve("bin/java"), "#!/bin/sh\necho \"" + name + ": $*\"\n");
        assertTrue(java.toFile().setExecutable(true));
        return home;
    }

    private Result launch(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeAll(List.of("JAVA_HOME", "DCN_JAVA_OPTS"));
        // A PATH on which java, if there is one, is not looked at: only what a test puts there.
        builder.environment().put("PATH", toolsWithoutJava().toString());
        builder.environment().put("DCN_JVM_DIRECTORY", jvms.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        return new Result(process.exitValue(), output);
    }

    private Path toolsWithoutJava() throws IOException {
        Path tools = Files.createDirectories(directory.resolve("tools"));
        for (String tool : List.of("sed", "readlink", "dirname")) {
            Path script = tools.resolve(tool);
            Files.writeString(script, "#!/bin/sh\nexec /usr/bin/" + tool + " \"$@\"\n");
            assertTrue(script.toFile().setExecutable(true));
        }
        return tools;
    }
}
