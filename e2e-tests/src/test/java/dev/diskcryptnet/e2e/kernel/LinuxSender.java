package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;

/** The Linux beside the agent on a {@link DelayLine}: it serves a file by sendfile, with a congestion control by name. */
final class LinuxSender implements AutoCloseable {
    private final Process process;

    private LinuxSender(Process process) {
        this.process = process;
    }

    static String address(Family family) {
        return family.neighbour(3);
    }

    /** Serves at once on a port of its own. */
    static LinuxSender start(String namespace, Path programs, int port, String congestionControl, Path file)
            throws IOException {
        Process process = new ProcessBuilder(TestBed.prefixed(
                        namespace,
                        programs.resolve("sender").toString(),
                        Integer.toString(port),
                        congestionControl,
                        file.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertEquals("ready", process.inputReader().readLine());
        return new LinuxSender(process);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
