package dev.diskcryptnet.agent;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.diskcryptnet.crds.LogLevel;
import org.slf4j.LoggerFactory;

/** Least severe events that are logged: {@code --log-level}, else {@code DCN_LOG_LEVEL}, else the spec's, else info. */
final class Logging {
    static final String ENVIRONMENT_VARIABLE = "DCN_LOG_LEVEL";

    private Logging() {}

    /**
     * Sets the level for the whole process.
     *
     * @param option from the command line, or null
     * @param spec from the configuration, or null
     */
    static void configure(LogLevel option, LogLevel spec) {
        String environment = System.getenv(ENVIRONMENT_VARIABLE);
        LogLevel level = option;
        if (level == null && environment != null && !environment.isBlank()) {
            level = parse(environment);
        }
        if (level == null) {
            level = spec == null ? LogLevel.INFO : spec;
        }
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.toLevel(level.name()));
    }

    private static LogLevel parse(String text) {
        try {
            return LogLevel.valueOf(text.trim().toUpperCase(java.util.Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new CommandException(
                    ExitCode.USAGE,
                    ENVIRONMENT_VARIABLE + "=" + text + " is not a level; use error, warn, info, debug or trace");
        }
    }
}
