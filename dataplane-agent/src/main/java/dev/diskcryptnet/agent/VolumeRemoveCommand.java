package dev.diskcryptnet.agent;

import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.Volume;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code dcn-agent volume rm}. */
@Command(
        name = "rm",
        description = "Removes objects from the volume. Those that exist are removed even when others do not.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  dcn-agent volume rm --disk demo.img /films/a.mp4 /films/b.mp4")
public final class VolumeRemoveCommand extends VolumeAction {
    @Parameters(arity = "1..*", paramLabel = "PATH", description = "The objects' paths on the volume.")
    List<String> paths;

    @Override
    public Integer call() {
        List<String> missing = new ArrayList<>();
        try (var opened = new ReleaseStack()) {
            Volume volume = open(OpenMode.READ_WRITE, opened);
            for (String path : paths) {
                if (volume.remove(path)) {
                    out().println("removed path=" + path);
                } else {
                    missing.add(path);
                }
            }
        }
        if (!missing.isEmpty()) {
            throw notFound(String.join(", ", missing));
        }
        return ExitCode.OK;
    }
}
