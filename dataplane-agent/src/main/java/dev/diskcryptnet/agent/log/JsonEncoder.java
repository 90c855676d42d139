package dev.diskcryptnet.agent.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** One event, one line, one JSON object: time, level, logger and event first, then the event's own fields. */
public final class JsonEncoder extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = new byte[0];
    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public byte[] encode(ILoggingEvent event) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("time", LogEvent.time(event));
        object.put("level", event.getLevel().toString());
        object.put("logger", LogEvent.logger(event));
        object.put("event", LogEvent.name(event));
        LogEvent.fields(event).forEach(object::put);
        try {
            return (JSON.writeValueAsString(object) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("event=" + LogEvent.name(event) + " has a field without a JSON form", e);
        }
    }

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }
}
