package dev.diskcryptnet.agent;

import dev.diskcryptnet.agent.config.ConfigException;
import dev.diskcryptnet.crds.LogFormat;
import dev.diskcryptnet.crds.LogLevel;
import dev.diskcryptnet.device.StateException;
import dev.diskcryptnet.ffi.NativeException;
import dev.diskcryptnet.volume.VolumeException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code dcn-agent}: reads the command line, runs the command, and turns failures into messages and exit codes. */
@Command(
        name = "dcn-agent",
        description = "Serves video from raw volumes through NVMe and packet rings, without a buffer cache.",
        subcommands = {
            ServeCommand.class,
            DrainCommand.class,
            DevicesCommand.class,
            ReleaseCommand.class,
            VolumeCommand.class,
            BenchLoopCommand.class,
            BenchCryptCommand.class,
            BenchDiskCommand.class,
            VersionCommand.class,
            CommandLine.HelpCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = VersionCommand.class,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            " 0:ok",
            " 1:failed",
            " 2:wrong command line or configuration",
            " 3:refused: a device is somebody else's (foreign data, in use), or the state directory is in use",
            " 4:no such object",
            " 5:corrupted",
            " 6:incomplete: connections were cut off, or the host is not all as it was"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dcn-agent volume format --disk /var/lib/diskcryptnet/demo.img --create 4Gi",
            "  dcn-agent volume put    --disk /var/lib/diskcryptnet/demo.img films/ /films",
            "  dcn-agent serve --config node.yaml"
        })
public final class Main implements Runnable {
    private static final int EBUSY = 16;
    private static final int HELP_COLUMNS = 100;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show stack traces of failures.")
    boolean debug;

    @Option(
            names = "--log-level",
            scope = ScopeType.INHERIT,
            paramLabel = "LEVEL",
            description = "Least severe events to log on standard error: ${COMPLETION-CANDIDATES}. "
                    + "Else the environment's DCN_LOG_LEVEL, else the configuration's agent.logLevel, else info.")
    LogLevel logLevel;

    @Option(
            names = "--log-format",
            scope = ScopeType.INHERIT,
            paramLabel = "FORMAT",
            description =
                    "How events are written: ${COMPLETION-CANDIDATES}. Else the environment's DCN_LOG_FORMAT, else "
                            + "the configuration's agent.logFormat, else text.")
    LogFormat logFormat;

    @Spec
    CommandSpec spec;

    /** Runs the command that {@code args} name and exits with its status. */
    public static void main(String[] args) {
        System.exit(run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), args));
    }

    /** Runs a command within this process; returns its exit status. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        Main main = new Main();
        return new CommandLine(main)
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(HELP_COLUMNS)
                .setParameterExceptionHandler(Main::onWrongCommandLine)
                .setExecutionExceptionHandler(main::onFailure)
                .setExecutionStrategy(main::execute)
                .execute(args);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private int execute(ParseResult parsed) {
        Logging.configure(logLevel, logFormat, null, null);
        return new CommandLine.RunLast().execute(parsed);
    }

    private static int onWrongCommandLine(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("dcn-agent: " + e.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, err)) {
            err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return ExitCode.USAGE;
    }

    private int onFailure(Exception e, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        err.println("dcn-agent: " + message(e));
        if (debug) {
            e.printStackTrace(err);
        }
        if (command.getCommand() instanceof ServeCommand || command.getCommand() instanceof ReleaseCommand) {
            // Others are run beside an agent, in its container, and must not speak for it.
            TerminationMessage.of(e, message(e)).leave();
        }
        return exitCode(e);
    }

    private static String message(Exception e) {
        if (e instanceof FileSystemException file && file.getReason() == null) {
            return e.getClass().getSimpleName().replace("Exception", "") + ": file=" + file.getFile();
        }
        return e.getMessage() == null ? e + "; run again with --debug for where it happened" : e.getMessage();
    }

    private static int exitCode(Exception e) {
        return switch (e) {
            case CommandException command -> command.exitCode();
            case ConfigException _ -> ExitCode.USAGE;
            case VolumeException volume -> exitCode(volume.reason());
            case NativeException busy when busy.errno() == EBUSY -> ExitCode.REFUSED;
            case StateException held when held.reason() == StateException.Reason.IN_USE -> ExitCode.REFUSED;
            default -> ExitCode.FAILED;
        };
    }

    private static int exitCode(VolumeException.Reason reason) {
        return switch (reason) {
            case OCCUPIED -> ExitCode.REFUSED;
            case DAMAGED -> ExitCode.CORRUPTED;
            case BAD_PATH -> ExitCode.USAGE;
            case NO_SPACE, READ_ONLY, DEVICE, NOT_A_VOLUME, VERSION, MEMBERS, MISUSE -> ExitCode.FAILED;
        };
    }
}
