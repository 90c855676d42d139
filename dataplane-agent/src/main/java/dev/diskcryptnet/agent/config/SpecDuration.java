package dev.diskcryptnet.agent.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Kubernetes writes them: {@code 60s}, {@code 1m30s}, {@code 250ms}. */
public final class SpecDuration {
    private static final Pattern SYNTAX =
            Pattern.compile("(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?(?:(\\d{1,9})ms)?");

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
        return matcher.group(group) == null ? 0 : Long.parseLong(matcher.group(group));
    }
}
