package dev.diskcryptnet.operator.pool;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many members a roll may have out of service at once.
 *
 * @param number  members, or per cent of the replicas
 * @param percent whether it is per cent
 */
record MaxUnavailable(int number, boolean percent) {
    /** What holds when the spec says nothing. */
    static final MaxUnavailable DEFAULT = new MaxUnavailable(1, false);

    private static final int WHOLE = 100;
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,4})(%?)");

    /**
     * Reads the field of the spec.
     *
     * @param text a number such as 2 or a share such as 25%; null for the default
     * @throws IllegalArgumentException if it is neither
     */
    static MaxUnavailable parse(String text) {
        if (text == null) {
            return DEFAULT;
        }
        Matcher matcher = TEXT.matcher(text);
        if (matcher.matches()) {
            int number = Integer.parseInt(matcher.group(1));
            boolean percent = !matcher.group(2).isEmpty();
            if (number >= 1 && (!percent || number <= WHOLE)) {
                return new MaxUnavailable(number, percent);
            }
        }
        throw new IllegalArgumentException(
                "spec.maxUnavailable=" + text + ": give a number of at least 1, or a share such as 25%");
    }

    /**
     * Members out of the given replicas: rounded down but never less than 1, as a Deployment without surge does
     * (Kubernetes, ResolveFenceposts), since a roll in place that may take nothing down would never end.
     */
    int of(int replicas) {
        int members = percent ? (int) ((long) replicas * number / WHOLE) : number;
        return Math.max(1, members);
    }
}
