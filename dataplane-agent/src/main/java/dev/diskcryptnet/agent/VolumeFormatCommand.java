package dev.diskcryptnet.agent;

import dev.diskcryptnet.crds.validation.ByteQuantity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code dcn-agent volume format}. */
@Command(
        name = "format",
        description =
                "Makes the disks the members of a new, empty volume. A disk that holds anything that is not ours, "
                        + "or that is in use, is refused.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dcn-agent volume format --disk /dev/nvme0n1 --disk /dev/nvme1n1",
            "  dcn-agent volume format --disk demo.img --create 4Gi"
        })
public final class VolumeFormatCommand extends VolumeAction {
    /** Reads a size for an option. */
    static final class SizeConverter implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            try {
                return ByteQuantity.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' " + e.getMessage());
            }
        }
    }

    @Option(
            names = "--create",
            paramLabel = "SIZE",
            converter = SizeConverter.class,
            description = "Makes each disk first, as a file of this size that does not exist yet, for example 4Gi.")
    Long createBytes;

    @Option(
            names = "--overwrite",
            description = "Destroys a Disk|Crypt|Net volume that the disks hold, and all its objects. Foreign data is "
                    + "refused all the same.")
    boolean overwrite;

    @Override
    public Integer call() throws IOException {
        List<Path> created = new ArrayList<>();
        boolean done = false;
        try {
            if (createBytes != null) {
                for (String uri : disks.uris()) {
                    created.add(create(uri));
                }
            }
            UUID uuid = VolumeSetup.format(disks.uris(), overwrite);
            done = true;
            out().println("formatted volume=" + uuid + " disks=" + disks.names.size());
            return ExitCode.OK;
        } finally {
            if (!done) {
                for (Path file : created) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private Path create(String uri) throws IOException {
        Path file = DiskOptions.file(uri);
        if (file == null) {
            throw new CommandException(ExitCode.USAGE, "disk=" + uri + " is no file; leave out --create");
        }
        if (createBytes == 0) {
            throw new CommandException(ExitCode.USAGE, "--create 0 makes no disk; write a size like 4Gi");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), createBytes - 1);
            return file;
        } catch (FileAlreadyExistsException e) {
            throw new CommandException(
                    ExitCode.REFUSED, "disk=" + uri + " exists already; leave out --create to format it as it is", e);
        }
    }
}
