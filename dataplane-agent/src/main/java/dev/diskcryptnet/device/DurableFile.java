package dev.diskcryptnet.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A small file that is replaced as a whole: after a crash, of the process or of the machine, it is what it was before a
 * call or what it is after it. The steps are methods of their own so that a test can end in front of each.
 */
class DurableFile {
    private final Path file;
    private final Path next;

    DurableFile(Path file) {
        this.file = file.toAbsolutePath();
        this.next = this.file.resolveSibling(file.getFileName() + ".new");
    }

    Path path() {
        return file;
    }

    /** The content, or null when there is no file. */
    byte[] read() throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Makes {@code content} durable. */
    void replace(byte[] content) throws IOException {
        write(content);
        rename();
        syncDirectory();
    }

    /** Removes the file, and what a replacement that broke off has left. */
    void delete() throws IOException {
        Files.deleteIfExists(next);
        remove();
        syncDirectory();
    }

    void write(byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer source = ByteBuffer.wrap(content);
            while (source.hasRemaining()) {
                channel.write(source);
            }
            // Before the rename, which would otherwise be able to reach the disk ahead of the content.
            sync(channel);
        }
    }

    void sync(FileChannel channel) throws IOException {
        channel.force(true);
    }

    void rename() throws IOException {
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    void remove() throws IOException {
        Files.deleteIfExists(file);
    }

    /** Names are content of the directory. */
    void syncDirectory() throws IOException {
        try (FileChannel directory = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
