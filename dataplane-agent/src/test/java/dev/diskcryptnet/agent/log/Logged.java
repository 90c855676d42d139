package dev.diskcryptnet.agent.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A logging system of a test's own, with an appender that keeps what it gets. */
final class Logged extends AppenderBase<ILoggingEvent> {
    final LoggerContext context = new LoggerContext();
    final Logger logger = context.getLogger("dev.diskcryptnet.agent.Sample");
    final List<ILoggingEvent> events = new ArrayList<>();

    Logged() {
        setContext(context);
        start();
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.TRACE);
    }

    /** All that is logged comes here by way of {@code limit}. */
    static Logged behind(RepeatLimit limit) {
        var logged = new Logged();
        limit.setContext(logged.context);
        limit.addAppender(logged);
        limit.start();
        logged.logger.addAppender(limit);
        return logged;
    }

    static Logged direct() {
        var logged = new Logged();
        logged.logger.addAppender(logged);
        return logged;
    }

    @Override
    protected void append(ILoggingEvent event) {
        events.add(event);
    }

    String line(Encoder<ILoggingEvent> encoder) {
        return new String(encoder.encode(events.getLast()), StandardCharsets.UTF_8);
    }
}
