package dev.diskcryptnet.agent.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.diskcryptnet.admin.AgentStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The last events that somebody should see to, warnings and errors, for those who do not read the log. Thread-safe. */
public final class RecentEvents extends AppenderBase<ILoggingEvent> {
    /** As many as one look takes in. */
    static final int CAPACITY = 50;

    private static final int MAX_VALUE_CHARS = 400;

    private final ArrayDeque<AgentStatus.Event> events = new ArrayDeque<>(CAPACITY);

    /** The newest one first. */
    public List<AgentStatus.Event> newestFirst() {
        synchronized (events) {
            return new ArrayList<>(events).reversed();
        }
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (!event.getLevel().isGreaterOrEqual(Level.WARN)) {
            return;
        }
        Map<String, String> fields = new LinkedHashMap<>();
        LogEvent.fields(event).forEach((name, value) -> fields.put(name, shortened(String.valueOf(value))));
        fields.remove("stack");
        var seen =
                new AgentStatus.Event(LogEvent.time(event), event.getLevel().toString(), LogEvent.name(event), fields);
        synchronized (events) {
            if (events.size() == CAPACITY) {
                events.removeFirst();
            }
            events.addLast(seen);
        }
    }

    private static String shortened(String value) {
        return value.length() <= MAX_VALUE_CHARS ? value : value.substring(0, MAX_VALUE_CHARS - 1) + "\u2026";
    }
}
