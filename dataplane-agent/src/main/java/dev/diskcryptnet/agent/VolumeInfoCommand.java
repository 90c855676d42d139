package dev.diskcryptnet.agent;

import dev.diskcryptnet.crds.validation.ByteQuantity;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.VolumeInfo;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dcn-agent volume info}. */
@Command(
        name = "info",
        description = "Shows what a volume is: its disks, space, objects, and what whoever runs it should know.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  dcn-agent volume info --disk demo.img -o json")
public final class VolumeInfoCommand extends VolumeAction {
    @Mixin
    OutputOption output;

    @Override
    public Integer call() throws IOException {
        try (var opened = new ReleaseStack()) {
            VolumeInfo info = open(OpenMode.READ_ONLY, opened).info();
            if (output.json()) {
                printJson(info);
            } else {
                print(info);
            }
            return ExitCode.OK;
        }
    }

    private void print(VolumeInfo info) {
        out().println("volume    " + info.uuid());
        out().println("objects   " + info.objects());
        out().println("capacity  " + ByteQuantity.format(info.capacityBytes()));
        out().println("free      " + ByteQuantity.format(info.freeBytes()));
        for (VolumeInfo.MemberInfo member : info.members()) {
            out().println("disk " + member.disk() + "    " + member.diskId() + ", member "
                    + (member.memberIndex() + 1) + " of " + info.memberCount() + ", " + member.objects()
                    + " objects, " + ByteQuantity.format(member.freeBytes()) + " of "
                    + ByteQuantity.format(member.capacityBytes()) + " free, journal "
                    + ByteQuantity.format(member.journalUsedBytes()) + " of "
                    + ByteQuantity.format(member.journalBytes()) + " used");
        }
        info.warnings().forEach(warning -> out().println("warning   " + warning));
    }
}
