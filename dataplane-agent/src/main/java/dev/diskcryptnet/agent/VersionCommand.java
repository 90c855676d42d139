package dev.diskcryptnet.agent;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code dcn-agent version}. */
@Command(
        name = "version",
        description = "Prints the agent's version and what it runs on.",
        mixinStandardHelpOptions = true)
public final class VersionCommand implements Runnable, IVersionProvider {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        for (String line : getVersion()) {
            out.println(line);
        }
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "dcn-agent " + version(),
            "java " + Runtime.version(),
            System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch")
        };
    }

    /** The version in the jar's manifest; classes outside a jar have none. */
    static String version() {
        String version = VersionCommand.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }
}
