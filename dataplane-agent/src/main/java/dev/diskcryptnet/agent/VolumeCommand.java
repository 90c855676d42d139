package dev.diskcryptnet.agent;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dcn-agent volume}: what is done to a volume while no agent serves it. */
@Command(
        name = "volume",
        description = {
            "Makes, fills and examines volumes.",
            "A volume is one or more whole disks without a file system. While an agent serves it, only that agent "
                    + "writes to it: use its admin address to put and remove objects then."
        },
        subcommands = {
            VolumeFormatCommand.class,
            VolumePutCommand.class,
            VolumeGetCommand.class,
            VolumeListCommand.class,
            VolumeRemoveCommand.class,
            VolumeVerifyCommand.class,
            VolumeInfoCommand.class
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  dcn-agent volume format --disk /dev/nvme0n1 --disk /dev/nvme1n1",
            "  dcn-agent volume put    --disk /dev/nvme0n1 --disk /dev/nvme1n1 films/ /films",
            "  dcn-agent volume verify --disk /dev/nvme0n1 --disk /dev/nvme1n1"
        })
public final class VolumeCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a volume command is missing");
    }
}
