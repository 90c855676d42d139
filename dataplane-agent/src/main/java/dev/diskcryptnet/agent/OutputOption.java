package dev.diskcryptnet.agent;

import picocli.CommandLine.Option;

/** The {@code -o} option of commands that can answer programs. */
final class OutputOption {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json; ${DEFAULT-VALUE} when not given.")
    VolumeAction.Output format;

    boolean json() {
        return format == VolumeAction.Output.JSON;
    }
}
