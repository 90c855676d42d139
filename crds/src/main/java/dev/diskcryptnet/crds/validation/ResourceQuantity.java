package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.Patterns;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Amounts of a resource as Kubernetes writes them: {@code 4}, {@code 500m}, {@code 1Gi}. */
final class ResourceQuantity {
    private static final Pattern SYNTAX = Pattern.compile(Patterns.QUANTITY);
    private static final Map<String, BigDecimal> FACTORS = Map.of(
            "m",
            new BigDecimal("0.001"),
            "k",
            BigDecimal.valueOf(1_000L),
            "M",
            BigDecimal.valueOf(1_000_000L),
            "G",
            BigDecimal.valueOf(1_000_000_000L),
            "T",
            BigDecimal.valueOf(1_000_000_000_000L),
            "Ki",
            BigDecimal.valueOf(1L << 10),
            "Mi",
            BigDecimal.valueOf(1L << 20),
            "Gi",
            BigDecimal.valueOf(1L << 30),
            "Ti",
            BigDecimal.valueOf(1L << 40));

    private ResourceQuantity() {}

    /** Reads an amount; empty when it is none. */
    static Optional<BigDecimal> parse(String text) {
        Matcher matcher = text == null ? null : SYNTAX.matcher(text);
        if (matcher == null || !matcher.matches()) {
            return Optional.empty();
        }
        String unit = matcher.group(2) == null ? "" : matcher.group(2);
        BigDecimal count = new BigDecimal(text.substring(0, text.length() - unit.length()));
        return Optional.of(count.multiply(FACTORS.getOrDefault(unit, BigDecimal.ONE)));
    }

    static boolean isWhole(BigDecimal amount) {
        return amount.stripTrailingZeros().scale() <= 0;
    }
}
