package dev.diskcryptnet.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Small files of the kernel's. */
final class SysFiles {
    private static final Pattern DIGITS = Pattern.compile("\\d{1,18}");

    private SysFiles() {}

    /** A number; empty for a file that is not there, or says {@code Unavailable}, {@code Unassigned} or {@code Error}. */
    static OptionalLong number(Path file) {
        try {
            String text = Files.readString(file).strip();
            return DIGITS.matcher(text).matches() ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    /** Directories in a directory whose names match, in order; none when it is not there. */
    static List<Path> directories(Path parent, Pattern name) {
        try (Stream<Path> children = Files.list(parent)) {
            return children.filter(Files::isDirectory)
                    .filter(child ->
                            name.matcher(child.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
