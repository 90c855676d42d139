package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.Patterns;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes as Kubernetes writes them: a whole number and a binary ({@code Ki}) or decimal ({@code k}) suffix. */
public final class ByteQuantity {
    private static final Pattern SYNTAX = Pattern.compile(Patterns.BYTE_QUANTITY);
    private static final Map<String, Long> FACTORS = Map.of(
            "Ki",
            1L << 10,
            "Mi",
            1L << 20,
            "Gi",
            1L << 30,
            "Ti",
            1L << 40,
            "k",
            1_000L,
            "M",
            1_000_000L,
            "G",
            1_000_000_000L,
            "T",
            1_000_000_000_000L);

    private ByteQuantity() {}

    /**
     * Reads a quantity.
     *
     * @return bytes, 0 or more
     * @throws IllegalArgumentException with a message that says what to write
     */
    public static long parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("is not a quantity of bytes; write it like 256Mi or 1Gi");
        }
        try {
            String unit = matcher.group(1) == null ? "" : matcher.group(1);
            long count = Long.parseLong(text.substring(0, text.length() - unit.length()));
            return Math.multiplyExact(count, unit.isEmpty() ? 1 : FACTORS.get(unit));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("is more than 2^63 bytes; write it like 256Mi or 1Gi", e);
        }
    }

    /** Writes a size for a person: the largest binary unit of which it has at least one, to one decimal. */
    public static String format(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        int unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}
