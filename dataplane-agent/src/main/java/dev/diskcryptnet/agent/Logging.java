package dev.diskcryptnet.agent;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import dev.diskcryptnet.admin.LogControl;
import dev.diskcryptnet.agent.log.AccessLog;
import dev.diskcryptnet.agent.log.JsonEncoder;
import dev.diskcryptnet.agent.log.RecentEvents;
import dev.diskcryptnet.agent.log.RepeatLimit;
import dev.diskcryptnet.agent.log.TextEncoder;
import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.LogFormat;
import dev.diskcryptnet.crds.LogLevel;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/**
 * What is logged, and how: for each of level and format the option ({@code --log-level}, {@code --log-format}), else the
 * environment's {@code DCN_LOG_LEVEL} and {@code DCN_LOG_FORMAT}, else the spec's, else info and text.
 */
final class Logging implements LogControl {
    static final String LEVEL_VARIABLE = "DCN_LOG_LEVEL";
    static final String FORMAT_VARIABLE = "DCN_LOG_FORMAT";
    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(Logging.class);

    private final AccessLog accessLog;

    Logging(AccessLog accessLog) {
        this.accessLog = accessLog;
    }

    /**
     * Sets level and format for the whole process.
     *
     * @param levelOption from the command line, or null
     * @param formatOption from the command line, or null
     * @param specLevel from the configuration, or null
     * @param specFormat from the configuration, or null
     */
    static void configure(LogLevel levelOption, LogFormat formatOption, LogLevel specLevel, LogFormat specFormat) {
        LogLevel level = choose(levelOption, LEVEL_VARIABLE, LogLevel.class, specLevel, LogLevel.INFO);
        LogFormat format = choose(formatOption, FORMAT_VARIABLE, LogFormat.class, specFormat, LogFormat.TEXT);
        root().setLevel(Level.toLevel(level.name()));
        write(format);
    }

    private static <E extends Enum<E>> E choose(E option, String variable, Class<E> type, E spec, E otherwise) {
        if (option != null) {
            return option;
        }
        String environment = System.getenv(variable);
        if (environment != null && !environment.isBlank()) {
            return parse(variable, environment, type);
        }
        return spec == null ? otherwise : spec;
    }

    private static <E extends Enum<E>> E parse(String name, String text, Class<E> type) {
        try {
            return Enum.valueOf(type, text.trim().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new CommandException(
                    ExitCode.USAGE,
                    name + "=" + text + " is not known; use "
                            + Arrays.stream(type.getEnumConstants())
                                    .map(value -> value.name().toLowerCase(Locale.ROOT))
                                    .collect(Collectors.joining(" or ")));
        }
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    private static RepeatLimit limited() {
        return (RepeatLimit) root().getAppender("limited");
    }

    private static void write(LogFormat format) {
        var stderr = (ConsoleAppender<ILoggingEvent>) limited().getAppender("stderr");
        var encoder = format == LogFormat.JSON ? new JsonEncoder() : new TextEncoder();
        encoder.setContext(stderr.getContext());
        encoder.start();
        stderr.setEncoder(encoder);
    }

    /** The last warnings and errors of this process. */
    static RecentEvents recent() {
        return (RecentEvents) limited().getAppender("recent");
    }

    @Override
    public String level() {
        return root().getLevel().toString().toLowerCase(Locale.ROOT);
    }

    @Override
    public int accessLogEvery() {
        return accessLog.every();
    }

    @Override
    public boolean setAccessLogEvery(int responses) {
        if (responses < 0 || responses > Limits.MAX_ACCESS_LOG_EVERY) {
            return false;
        }
        accessLog.sample(responses);
        LOG.atInfo().addKeyValue("every", responses).log("access-log-changed");
        return true;
    }

    @Override
    public boolean setLevel(String name) {
        try {
            LogLevel level = LogLevel.valueOf(name.toUpperCase(Locale.ROOT));
            String before = level();
            // Said whatever the levels before and after let through.
            root().setLevel(Level.INFO);
            LOG.atInfo()
                    .addKeyValue("before", before)
                    .addKeyValue("now", level.name().toLowerCase(Locale.ROOT))
                    .log("log-level-changed");
            root().setLevel(Level.toLevel(level.name()));
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
