package dev.diskcryptnet.agent;

import dev.diskcryptnet.crds.validation.ByteQuantity;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.VerifyReport;
import dev.diskcryptnet.volume.Volume;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dcn-agent volume verify}. */
@Command(
        name = "verify",
        description = "Reads all superblocks, the catalogue and all objects, and compares them with their checksums. "
                + "Exits with 5 when anything is not as it was written, and names it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  dcn-agent volume verify --disk /dev/nvme0n1 --disk /dev/nvme1n1 -o json")
public final class VolumeVerifyCommand extends VolumeAction {
    @Mixin
    OutputOption output;

    @Override
    public Integer call() throws IOException {
        try (var opened = new ReleaseStack();
                var progress = new Progress(err(), Progress.onTerminal(), "verify", 0)) {
            Volume volume = open(OpenMode.READ_ONLY, opened);
            VerifyReport report = volume.verify(Progress.onTerminal() ? progress : (objects, bytes, path) -> {});
            progress.close();
            if (output.json()) {
                printJson(report);
            } else {
                print(report);
            }
            return report.clean() ? ExitCode.OK : ExitCode.CORRUPTED;
        }
    }

    private void print(VerifyReport report) {
        report.damages().forEach(damage -> out().println(damage));
        String verdict = report.clean()
                ? "clean"
                : "CORRUPTED damages=" + report.damages().size();
        out().println(verdict + " objects=" + report.objects() + " bytes=" + report.bytes() + " ("
                + ByteQuantity.format(report.bytes()) + ")");
    }
}
