package dev.diskcryptnet.agent;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.admin.AgentStatus.Drain;
import dev.diskcryptnet.crds.validation.SpecDuration;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code dcn-agent drain}: has a running agent finish what it serves, and waits for it. */
@Command(
        name = "drain",
        description =
                "Asks a running agent to refuse new connections, close idle ones and finish responses for up to its "
                        + "drainTimeout, and waits until no connection is left. The agent goes on to run, and ends at "
                        + "once when it is told to. May be repeated. Exit status 6 when connections had to be cut "
                        + "off, or the time is over.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  dcn-agent drain --admin 127.0.0.1:9464 --token-file /etc/dcn/admin/token"})
public final class DrainCommand implements Callable<Integer> {
    private static final Duration POLL_INTERVAL = Duration.ofMillis(200);
    /** What the agent needs beyond its own limit to cut connections off and say so. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    @Option(
            names = "--admin",
            paramLabel = "ADDRESS:PORT",
            defaultValue = "127.0.0.1:9464",
            converter = HostPort.Converter.class,
            description = "Where the agent's admin endpoint is; ${DEFAULT-VALUE} when not given.")
    HostPort admin;

    @Option(
            names = "--token-file",
            required = true,
            paramLabel = "FILE",
            description = "File with the agent's admin token.")
    Path tokenFile;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description =
                    "How long to wait at most, for example 90s; a little longer than the agent's drainTimeout when "
                            + "not given.")
    Duration timeout;

    @Spec
    CommandSpec spec;

    /** Reads a duration as configurations have them. */
    static final class DurationConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return SpecDuration.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' " + e.getMessage());
            }
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var client = new AdminClient(admin, AdminSetup.token(tokenFile));
        JsonNode drain = client.post("/v1/drain");
        long limitNs = limit(drain).toNanos();
        long startNs = System.nanoTime();
        while (!drain.path("state").asText().equals(Drain.DRAINED)) {
            if (System.nanoTime() - startNs > limitNs) {
                throw new CommandException(
                        ExitCode.INCOMPLETE,
                        "admin=" + admin + " has connections="
                                + client.get("/v1/status").path("connections").asLong()
                                + " still; ask again with a longer --timeout");
            }
            Thread.sleep(POLL_INTERVAL);
            JsonNode status = client.getWhileItLives("/v1/status");
            if (status == null) {
                spec.commandLine().getOut().println("drained: the agent has ended");
                return ExitCode.OK;
            }
            drain = status.path("drain");
        }
        long cutOff = drain.path("connectionsCutOff").asLong();
        if (cutOff > 0) {
            throw new CommandException(
                    ExitCode.INCOMPLETE,
                    "admin=" + admin + " had to cut off connections=" + cutOff
                            + " when its drainTimeout was over; a longer one lets slow clients finish");
        }
        spec.commandLine().getOut().println("drained: no connection is left");
        return ExitCode.OK;
    }

    private Duration limit(JsonNode drain) {
        if (timeout != null) {
            return timeout;
        }
        // Both by the agent's clock.
        Instant start = Instant.parse(drain.path("startTime").asText());
        return Duration.between(start, Instant.parse(drain.path("deadline").asText()))
                .plus(GRACE);
    }
}
