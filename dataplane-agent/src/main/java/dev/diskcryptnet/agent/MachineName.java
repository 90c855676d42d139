package dev.diskcryptnet.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this machine calls itself. Read where the kernel has it: asking a resolver may take seconds. */
final class MachineName {
    private static final Path FILE = Path.of("/proc/sys/kernel/hostname");

    private MachineName() {}

    /** The name, or null when the kernel does not tell. */
    static String get() {
        try {
            return Files.readString(FILE).strip();
        } catch (IOException e) {
            return null;
        }
    }
}
