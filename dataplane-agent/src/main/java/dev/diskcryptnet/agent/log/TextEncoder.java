package dev.diskcryptnet.agent.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;

/** One event, one line of {@code key=value}; a value that would be taken for something else is in double quotes. */
public final class TextEncoder extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = new byte[0];

    @Override
    public byte[] encode(ILoggingEvent event) {
        var line = new StringBuilder(256);
        line.append("time=").append(LogEvent.time(event));
        line.append(" level=").append(event.getLevel());
        line.append(" logger=").append(LogEvent.logger(event));
        line.append(" event=").append(LogEvent.name(event));
        LogEvent.fields(event).forEach((name, value) -> {
            line.append(' ').append(name).append('=');
            append(line, String.valueOf(value));
        });
        return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Appends a value, within quotes where it needs them; what would break the line becomes a space. */
    static void append(StringBuilder line, String value) {
        if (!value.isEmpty() && value.chars().allMatch(c -> c > ' ' && c != '"' && c != '=' && c != 0x7f)) {
            line.append(value);
            return;
        }
        line.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                line.append('\\');
            }
            line.append(Character.isISOControl(c) ? ' ' : c);
        }
        line.append('"');
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
