package dev.diskcryptnet.agent.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.spi.AppenderAttachable;
import ch.qos.logback.core.spi.AppenderAttachableImpl;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.event.KeyValuePair;

/**
 * Lets the first few events of a kind through and counts the rest. Events are of one kind when logger, level, name and
 * the device that they name are the same. When the interval of a kind that was held back is over, its last event is
 * passed on with the fields {@code repeated} (how many were held back) and {@code seconds}, and with its {@code count}
 * and {@code bytes} summed. Thread-safe; nothing waits but for the appenders behind it.
 */
public final class RepeatLimit extends AppenderBase<ILoggingEvent> implements AppenderAttachable<ILoggingEvent> {
    /** Of a kind and an interval. */
    static final int BURST = 5;

    static final long INTERVAL_MS = 10_000;

    /** Kinds that are told apart; what comes on top shares the kind of its event's name. */
    private static final int MAX_KINDS = 512;

    /** Few and bounded; a path or an address of a client is neither. */
    private static final Set<String> DEVICE_FIELDS = Set.of("device", "disk", "port", "resource", "worker");

    private static final Set<String> SUMMED_FIELDS = Set.of("count", "bytes");
    private static final String REPEATED = "repeated";

    private final AppenderAttachableImpl<ILoggingEvent> behind = new AppenderAttachableImpl<>();
    private final Map<String, Kind> kinds = new LinkedHashMap<>();
    private Thread flusher;

    /** What is known of a kind in its interval. */
    private static final class Kind {
        long sinceMs;
        int passed;
        long heldBack;
        ILoggingEvent last;
        final Map<String, Long> sums = new LinkedHashMap<>();
    }

    @Override
    public void start() {
        super.start();
        flusher = Thread.ofPlatform().daemon().name("log-repeats").start(this::flushNowAndThen);
    }

    /** Says what is still held back. */
    @Override
    public void stop() {
        flusher.interrupt();
        flush(Long.MAX_VALUE);
        super.stop();
        behind.detachAndStopAllAppenders();
    }

    private void flushNowAndThen() {
        try {
            while (true) {
                Thread.sleep(INTERVAL_MS / 10);
                flush(System.currentTimeMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@link AppenderBase} lets one thread in at a time. */
    @Override
    protected void append(ILoggingEvent event) {
        if (admit(event)) {
            behind.appendLoopOnAppenders(event);
        }
    }

    private boolean admit(ILoggingEvent event) {
        long nowMs = event.getTimeStamp();
        synchronized (kinds) {
            Kind kind = kinds.computeIfAbsent(key(event), key -> new Kind());
            if (kind.passed == 0) {
                kind.sinceMs = nowMs;
            }
            if (kind.passed < BURST) {
                kind.passed++;
                return true;
            }
            kind.heldBack++;
            kind.last = event;
            if (event.getKeyValuePairs() != null) {
                event.getKeyValuePairs().forEach(pair -> sum(kind, pair));
            }
            return false;
        }
    }

    private static void sum(Kind kind, KeyValuePair pair) {
        if (SUMMED_FIELDS.contains(pair.key) && pair.value instanceof Number number) {
            kind.sums.merge(pair.key, number.longValue(), Long::sum);
        }
    }

    private String key(ILoggingEvent event) {
        String name = event.getLoggerName() + ' ' + event.getLevel() + ' ' + event.getMessage();
        if (event.getKeyValuePairs() == null || kinds.size() >= MAX_KINDS) {
            return name;
        }
        var key = new StringBuilder(name);
        for (KeyValuePair pair : event.getKeyValuePairs()) {
            if (DEVICE_FIELDS.contains(pair.key)) {
                key.append(' ').append(pair.key).append('=').append(pair.value);
            }
        }
        return key.toString();
    }

    /** Ends the intervals that are over at {@code nowMs}. */
    void flush(long nowMs) {
        List<ILoggingEvent> summaries = new ArrayList<>();
        synchronized (kinds) {
            for (Iterator<Kind> all = kinds.values().iterator(); all.hasNext(); ) {
                Kind kind = all.next();
                if (nowMs - kind.sinceMs >= INTERVAL_MS) {
                    if (kind.heldBack > 0) {
                        summaries.add(summary(kind));
                    }
                    all.remove();
                }
            }
        }
        summaries.forEach(behind::appendLoopOnAppenders);
    }

    private static ILoggingEvent summary(Kind kind) {
        var summary = new LoggingEvent();
        summary.setLoggerName(kind.last.getLoggerName());
        summary.setLevel(kind.last.getLevel());
        summary.setMessage(kind.last.getMessage());
        summary.setTimeStamp(kind.last.getTimeStamp());
        if (kind.last.getThrowableProxy() instanceof ThrowableProxy thrown) {
            summary.setThrowableProxy(thrown);
        }
        if (kind.last.getKeyValuePairs() != null) {
            for (KeyValuePair pair : kind.last.getKeyValuePairs()) {
                Object value = kind.sums.containsKey(pair.key) ? kind.sums.get(pair.key) : pair.value;
                summary.addKeyValuePair(new KeyValuePair(pair.key, value));
            }
        }
        summary.addKeyValuePair(new KeyValuePair(REPEATED, kind.heldBack));
        summary.addKeyValuePair(
                new KeyValuePair("seconds", Math.max(1, (kind.last.getTimeStamp() - kind.sinceMs + 500) / 1000)));
        return summary;
    }

    @Override
    public void addAppender(Appender<ILoggingEvent> appender) {
        behind.addAppender(appender);
    }

    @Override
    public Iterator<Appender<ILoggingEvent>> iteratorForAppenders() {
        return behind.iteratorForAppenders();
    }

    @Override
    public Appender<ILoggingEvent> getAppender(String name) {
        return behind.getAppender(name);
    }

    @Override
    public boolean isAttached(Appender<ILoggingEvent> appender) {
        return behind.isAttached(appender);
    }

    @Override
    public void detachAndStopAllAppenders() {
        behind.detachAndStopAllAppenders();
    }

    @Override
    public boolean detachAppender(Appender<ILoggingEvent> appender) {
        return behind.detachAppender(appender);
    }

    @Override
    public boolean detachAppender(String name) {
        return behind.detachAppender(name);
    }
}
