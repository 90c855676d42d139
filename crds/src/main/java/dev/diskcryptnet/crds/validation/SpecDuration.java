package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.Patterns;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Kubernetes writes them: {@code 60s}, {@code 1m30s}, {@code 250ms}. */
public final class SpecDuration {
    private static final Pattern SYNTAX = Pattern.compile(Patterns.DURATION);

    private SpecDuration() {}

    /**
     * Reads a duration.
     *
     * @throws IllegalArgumentException with a message that says what to write
     */
    public static Duration parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (text.isEmpty() || !matcher.matches()) {
            throw new IllegalArgumentException("is not a duration; write it like 60s, 1m30s or 250ms");
        }
        return Duration.ofHours(part(matcher, 1))
                .plusMinutes(part(matcher, 2))
                .plusSeconds(part(matcher, 3))
                .plusMillis(part(matcher, 4));
    }

    private static long part(Matcher matcher, int group) {
        String part = matcher.group(group);
        return part == null ? 0 : Long.parseLong(part.replaceFirst("[a-z]+$", ""));
    }
}
