package dev.diskcryptnet.agent;

import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.ObjectReader;
import dev.diskcryptnet.volume.StoredObject;
import dev.diskcryptnet.volume.Volume;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code dcn-agent volume get}. */
@Command(
        name = "get",
        description = "Copies an object from the volume to a file, or to standard output.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dcn-agent volume get --disk demo.img /films/a.mp4 a.mp4",
            "  dcn-agent volume get --disk demo.img /films/a.mp4 | ffprobe -"
        })
public final class VolumeGetCommand extends VolumeAction {
    private static final int COPY_BYTES = 1 << 20;
    private static final Path STANDARD_OUTPUT = Path.of("-");

    @Parameters(index = "0", paramLabel = "PATH", description = "The object's path on the volume.")
    String path;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FILE",
            defaultValue = "-",
            description = "File or directory to write to; - for standard output, also when not given.")
    Path file;

    @Override
    public Integer call() throws IOException {
        try (var opened = new ReleaseStack()) {
            Volume volume = open(OpenMode.READ_ONLY, opened);
            StoredObject object = volume.find(path);
            if (object == null) {
                throw notFound(path);
            }
            try (ObjectReader reader = volume.read(object)) {
                if (file.equals(STANDARD_OUTPUT)) {
                    copy(reader, Channels.newChannel(new FileOutputStream(FileDescriptor.out)));
                } else {
                    copyToFile(reader, target());
                }
            }
            return ExitCode.OK;
        }
    }

    private Path target() {
        return Files.isDirectory(file) ? file.resolve(path.substring(path.lastIndexOf('/') + 1)) : file;
    }

    /** The file has its name only when it is whole. */
    private static void copyToFile(ObjectReader reader, Path target) throws IOException {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try {
            try (FileChannel channel = FileChannel.open(
                    part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                copy(reader, channel);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static void copy(ObjectReader reader, WritableByteChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BYTES);
        while (reader.read(buffer.clear()) >= 0) {
            buffer.flip();
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }
    }
}
