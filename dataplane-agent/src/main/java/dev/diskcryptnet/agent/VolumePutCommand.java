package dev.diskcryptnet.agent;

import dev.diskcryptnet.crds.validation.ByteQuantity;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.volume.VolumeIngest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code dcn-agent volume put}. */
@Command(
        name = "put",
        description = "Puts a file, or all files below a directory, onto the volume. An object of the same path is "
                + "replaced.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dcn-agent volume put --disk demo.img films/ /films        films/a.mp4 becomes /films/a.mp4",
            "  dcn-agent volume put --disk demo.img a.mp4 /films/        becomes /films/a.mp4",
            "  dcn-agent volume put --disk demo.img a.mp4 /b.mp4"
        })
public final class VolumePutCommand extends VolumeAction {
    @Parameters(index = "0", paramLabel = "SOURCE", description = "File or directory.")
    Path source;

    @Parameters(
            index = "1",
            paramLabel = "TARGET",
            description = "Absolute path on the volume; for a directory, or with a slash at its end, what the files' "
                    + "names are put behind.")
    String target;

    @Override
    public Integer call() throws IOException {
        if (!Files.exists(source)) {
            throw new CommandException(
                    ExitCode.FAILED, "source=" + source + " does not exist; name a file or directory");
        }
        long startNs = System.nanoTime();
        VolumeIngest.Result result;
        try (var opened = new ReleaseStack();
                var progress = new Progress(err(), Progress.onTerminal(), "put", size(source))) {
            Volume volume = open(OpenMode.READ_WRITE, opened);
            result = VolumeIngest.put(volume, source, target, progress);
        }
        double seconds = Math.max((System.nanoTime() - startNs) / 1e9, 1e-3);
        out().println("put objects=" + result.objects() + " bytes=" + result.bytes() + " ("
                + ByteQuantity.format((long) (result.bytes() / seconds)) + "/s)");
        return ExitCode.OK;
    }

    private static long size(Path source) throws IOException {
        try (Stream<Path> files = Files.walk(source)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }
}
