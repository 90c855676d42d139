package dev.diskcryptnet.e2e.guest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;

/** What {@code e2e-tests/guest/fetch} got and built, once in a run of the tests. */
record GuestFiles(Path qemu, Path kernel, Path initramfs, Path system, Path java, Path agent) {
    static final Path SCRIPTS = Path.of("guest").toAbsolutePath();

    private static final int CANNOT_BE_HAD = 3;

    private static GuestFiles fetched;

    /** Ends the test as skipped, with the reason, when a guest cannot be had on this machine. */
    static synchronized GuestFiles get() throws IOException, InterruptedException {
        if (fetched == null) {
            fetched = fetch();
        }
        return fetched;
    }

    private static GuestFiles fetch() throws IOException, InterruptedException {
        var builder = new ProcessBuilder(SCRIPTS.resolve("fetch").toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.redirectInput(
                        ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        String output = text(process.getInputStream());
        String messages = text(process.getErrorStream());
        int exitCode = process.waitFor();
        Assumptions.assumeFalse(
                exitCode == CANNOT_BE_HAD, "no guest: " + messages.lines().reduce("", (all, line) -> line));
        if (exitCode != 0) {
            throw new GuestException("guest/fetch ended with exitCode=" + exitCode + ": " + messages);
        }
        Map<String, Path> files = output.lines()
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(part -> part[0], part -> Path.of(part[1])));
        return new GuestFiles(
                files.get("qemu"),
                files.get("kernel"),
                files.get("initramfs"),
                files.get("system"),
                files.get("java"),
                files.get("agent"));
    }

    private static String text(InputStream stream) throws IOException {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
}
