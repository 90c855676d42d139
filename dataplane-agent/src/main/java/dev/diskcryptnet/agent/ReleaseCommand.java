package dev.diskcryptnet.agent;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.device.Host;
import dev.diskcryptnet.device.HostChanges;
import dev.diskcryptnet.device.Restoration;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dcn-agent release}: puts the host back as it was before an agent that is no more. */
@Command(
        name = "release",
        description =
                "Takes back what an agent has changed on this host and did not take back itself, by the journal in "
                        + "its state directory, and looks at the host afterwards. Does nothing while the agent "
                        + "lives. May be repeated. A device that is not there any more is reported, and is not a failure.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dcn-agent release --state-directory /var/lib/diskcryptnet/streaming.edge-01",
            "  dcn-agent release --state-directory /var/lib/diskcryptnet/streaming.edge-01 -o json | jq .released"
        })
public final class ReleaseCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    @Option(
            names = "--state-directory",
            required = true,
            paramLabel = "DIR",
            description = "The directory that the agent was given. When there is none, there is nothing to do.")
    Path stateDirectory;

    @Mixin
    OutputOption output;

    @Spec
    CommandSpec spec;

    private final Host host;

    public ReleaseCommand() {
        this(KernelLinks.host());
    }

    ReleaseCommand(Host host) {
        this.host = host;
    }

    /**
     * What is printed as JSON.
     *
     * @param released whether the host is as it was before the agent
     * @param changes what became of each, in the order in which they were taken back
     */
    record Report(String stateDirectory, boolean released, List<Restoration> changes) {}

    @Override
    public Integer call() throws IOException {
        List<Restoration> changes = Files.isDirectory(stateDirectory) ? restore() : List.of();
        boolean released = changes.stream().allMatch(Restoration::done);
        var report = new Report(stateDirectory.toString(), released, changes);
        PrintWriter out = spec.commandLine().getOut();
        if (output.json()) {
            out.println(JSON.writeValueAsString(report));
        } else {
            print(report, out);
        }
        if (released) {
            return ExitCode.OK;
        }
        Restoration failed =
                changes.stream().filter(change -> !change.done()).findFirst().orElseThrow();
        throw new CommandException(
                ExitCode.INCOMPLETE,
                Reason.ReleaseFailed,
                failed.device().replaceFirst("^.*=", ""),
                failed.device() + " is not as it was (" + failed.change() + "): " + failed.message()
                        + "; the journal stays, release again when that is mended",
                null);
    }

    private List<Restoration> restore() {
        HostChanges changes = HostChanges.held(stateDirectory, host);
        try {
            return changes.restore();
        } finally {
            changes.letGo();
        }
    }

    private static void print(Report report, PrintWriter out) {
        for (Restoration change : report.changes()) {
            out.printf("%-9s  %s  %s  (%s)%n", change.outcome(), change.device(), change.change(), change.message());
        }
        if (report.changes().isEmpty()) {
            out.println("nothing to do: state-directory=" + report.stateDirectory() + " has no journal of changes");
        }
    }
}
