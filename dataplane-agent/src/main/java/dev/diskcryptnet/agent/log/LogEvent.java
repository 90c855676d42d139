package dev.diskcryptnet.agent.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.event.KeyValuePair;

/**
 * An event as every appender sees it. Our own code gives the event's name as message, and all else as key-value pairs
 * ({@code LOG.atWarn().addKeyValue("disk", uri).log("disk-awaited")}); what a library says in words becomes the field
 * {@code message} of an event called {@code log}.
 */
final class LogEvent {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");
    /** What every line begins with. */
    private static final Set<String> RESERVED = Set.of("time", "level", "logger", "event");

    private static final String UNNAMED = "log";
    private static final int MAX_FRAMES = 12;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private LogEvent() {}

    /** When it happened, RFC 3339 with milliseconds. */
    static String time(ILoggingEvent event) {
        return TIME.format(Instant.ofEpochMilli(event.getTimeStamp()));
    }

    /** Class that said it, without its package. */
    static String logger(ILoggingEvent event) {
        String name = event.getLoggerName();
        return name.substring(name.lastIndexOf('.') + 1);
    }

    /** What happened, as one word. */
    static String name(ILoggingEvent event) {
        return isNamed(event) ? event.getMessage() : UNNAMED;
    }

    private static boolean isNamed(ILoggingEvent event) {
        return event.getMessage() != null && NAME.matcher(event.getMessage()).matches();
    }

    /** Fields in their order; numbers and booleans as they are, all else as text. */
    static Map<String, Object> fields(ILoggingEvent event) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (!isNamed(event)) {
            fields.put("message", event.getFormattedMessage());
        }
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            pairs.stream()
                    .filter(pair -> !RESERVED.contains(pair.key))
                    .forEach(pair -> fields.put(pair.key, plain(pair.value)));
        }
        if (event.getThrowableProxy() != null) {
            addException(fields, event.getThrowableProxy());
        }
        return fields;
    }

    private static Object plain(Object value) {
        return value == null || value instanceof Number || value instanceof Boolean ? value : value.toString();
    }

    private static void addException(Map<String, Object> fields, IThrowableProxy thrown) {
        var chain = new StringBuilder();
        var stack = new StringBuilder();
        for (IThrowableProxy cause = thrown; cause != null && cause != cause.getCause(); cause = cause.getCause()) {
            chain.append(chain.isEmpty() ? "" : ", because of ").append(cause.getClassName());
            if (cause.getMessage() != null) {
                chain.append(": ").append(cause.getMessage());
            }
            var frames = cause.getStackTraceElementProxyArray();
            stack.append(stack.isEmpty() ? "" : " | ");
            for (int i = 0; i < Math.min(frames.length, MAX_FRAMES); i++) {
                stack.append(i == 0 ? "" : " < ").append(frames[i].getStackTraceElement());
            }
        }
        fields.put("exception", chain.toString());
        fields.put("stack", stack.toString());
    }
}
