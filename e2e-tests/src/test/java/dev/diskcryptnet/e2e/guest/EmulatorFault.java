package dev.diskcryptnet.e2e.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What tells that QEMU, and not what it runs, is at fault. */
final class EmulatorFault {
    /** QEMU 10.0 does so now and then when memory is remapped. */
    private static final Pattern ABORTED =
            Pattern.compile("qemu-system-x86_64: \\S+\\.c:\\d+: .*Assertion .* failed\\.");

    /** What inside/timers.c says when it wakes a processor. */
    private static final String MISSED = "missed a timer, which was set again";
    /** One that misses a timer now and then goes on when it is woken; one that misses so many has none any more. */
    private static final int MISSED_MOST = 4;

    private EmulatorFault() {}

    /**
     * @param log what QEMU said
     * @param console what the guest's kernel and its watcher said
     * @return empty when neither shows a fault of the emulator's
     */
    static Optional<String> of(Path log, Path console) throws IOException {
        try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            Optional<String> aborted =
                    lines.filter(line -> ABORTED.matcher(line).matches()).findFirst();
            if (aborted.isPresent()) {
                return aborted;
            }
        }
        try (Stream<String> lines = Files.lines(console, StandardCharsets.ISO_8859_1)) {
            long missed = lines.filter(line -> line.contains(MISSED)).count();
            return missed > MISSED_MOST ? Optional.of("a processor missed timers=" + missed) : Optional.empty();
        }
    }
}
