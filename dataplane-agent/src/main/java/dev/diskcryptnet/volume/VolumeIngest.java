package dev.diskcryptnet.volume;

import dev.diskcryptnet.volume.VolumeException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Puts files and directory trees onto a volume. Small files are published in groups, large ones one by one. */
public final class VolumeIngest {
    /** What was put. */
    public record Result(long objects, long bytes) {}

    private static final int READ_BYTES = 1 << 20;
    private static final long SMALL_FILE_BYTES = 8L << 20;

    private final Volume volume;
    private final ObjectBatch batch;
    private final ProgressListener progress;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
    private long objects;
    private long bytes;

    private VolumeIngest(Volume volume, ObjectBatch batch, ProgressListener progress) {
        this.volume = volume;
        this.batch = batch;
        this.progress = progress;
    }

    /**
     * Puts a file, or all files below a directory in the order of their names. Symbolic links to files are followed,
     * to directories not. What was put before a failure stays.
     *
     * @param source file or directory
     * @param targetPath the object's path for a file, or a directory's when it ends with a slash; the directory's for a
     *     directory
     * @throws IOException when a file cannot be read
     * @throws VolumeException when the volume does not take an object
     */
    public static Result put(Volume volume, Path source, String targetPath, ProgressListener progress)
            throws IOException {
        if (!Files.exists(source)) {
            throw new NoSuchFileException(source.toString());
        }
        try (ObjectBatch batch = volume.batch()) {
            VolumeIngest ingest = new VolumeIngest(volume, batch, progress);
            if (Files.isDirectory(source)) {
                ingest.directory(source, targetPath.endsWith("/") ? targetPath : targetPath + "/");
            } else {
                ingest.file(source, targetPath.endsWith("/") ? targetPath + source.getFileName() : targetPath);
            }
            batch.publish();
            return new Result(ingest.objects, ingest.bytes);
        }
    }

    private void directory(Path directory, String target) throws IOException {
        List<Path> entries;
        try (Stream<Path> found = Files.list(directory)) {
            entries = found.sorted().toList();
        }
        for (Path entry : entries) {
            if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                directory(entry, target + entry.getFileName() + "/");
            } else if (Files.isRegularFile(entry)) {
                file(entry, target + entry.getFileName());
            }
        }
    }

    private void file(Path file, String path) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            long modifiedMs = Files.getLastModifiedTime(file).toMillis();
            String contentType = ContentTypes.of(path);
            boolean small = size <= SMALL_FILE_BYTES;
            try (ObjectWriter writer = small
                    ? batch.create(path, contentType, modifiedMs, size)
                    : volume.create(path, contentType, modifiedMs, size)) {
                copy(channel, writer, path);
                bytes += writer.position();
                writer.commit();
            }
            objects++;
            progress.onProgress(objects, bytes, path);
        } catch (VolumeException e) {
            if (e.reason() == Reason.BAD_PATH) {
                throw new VolumeException(Reason.BAD_PATH, "file=" + file + " " + e.getMessage(), e);
            }
            throw e;
        }
    }

    private void copy(FileChannel channel, ObjectWriter writer, String path) throws IOException {
        while (channel.read(buffer.clear()) >= 0) {
            writer.write(buffer.flip());
            progress.onProgress(objects, bytes + writer.position(), path);
        }
    }
}
