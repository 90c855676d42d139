package dev.diskcryptnet.e2e.onemachine.runner;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Directories and all that is in them. */
public final class Trees {
    private Trees() {}

    /** Deletes a directory; what is gone already is no error. Links are not followed. */
    public static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (java.io.UncheckedIOException e) {
            if (e.getCause() instanceof NoSuchFileException) {
                delete(directory);
                return;
            }
            throw e;
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
