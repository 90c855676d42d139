package dev.diskcryptnet.crypt;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Which engine seals on this machine, and why: the one that was asked for, or the faster of those that are here. */
public final class EngineChoice {
    /** What leaves the choice to a measurement. */
    public static final String AUTO = "auto";

    /** Engines take turns, so that a processor that changes its clock meanwhile favours none. */
    private static final int TURNS = 5;

    private static final long TURN_NS = 6_000_000;

    private final CryptEngine engine;
    private final String reason;
    private final Map<CryptEngine, Double> gigabytesPerSecond;

    private EngineChoice(CryptEngine engine, String reason, Map<CryptEngine, Double> gigabytesPerSecond) {
        this.engine = engine;
        this.reason = reason;
        this.gigabytesPerSecond = Collections.unmodifiableMap(gigabytesPerSecond);
    }

    /**
     * Measures every engine that is available, for less than 100 ms in all, and chooses.
     *
     * @param wanted "auto", or an engine's display name
     * @throws IllegalArgumentException for another name, or when what was wanted is not available
     */
    public static EngineChoice choose(String wanted) {
        CryptEngine fixed = AUTO.equals(wanted) ? null : byName(wanted);
        if (fixed != null && !fixed.isAvailable()) {
            throw new IllegalArgumentException(
                    "cryptEngine=" + wanted + " is " + why(fixed) + "; install it, or set cryptEngine to auto");
        }
        List<CryptEngine> available = Arrays.stream(CryptEngine.values())
                .filter(CryptEngine::isAvailable)
                .toList();
        if (available.isEmpty()) {
            throw new IllegalArgumentException("cryptEngine=" + wanted + " finds no engine: "
                    + Arrays.stream(CryptEngine.values())
                            .map(engine -> engine.displayName() + " is " + why(engine))
                            .collect(Collectors.joining("; "))
                    + "; install one of them");
        }
        Map<CryptEngine, Double> speeds = measure(available);
        CryptEngine chosen = fixed != null
                ? fixed
                : Collections.max(speeds.entrySet(), Map.Entry.comparingByValue())
                        .getKey();
        return new EngineChoice(chosen, reason(fixed, available, speeds), speeds);
    }

    private static CryptEngine byName(String wanted) {
        for (CryptEngine engine : CryptEngine.values()) {
            if (engine.displayName().equals(wanted)) {
                return engine;
            }
        }
        throw new IllegalArgumentException("cryptEngine=" + wanted + " is none of auto, "
                + Arrays.stream(CryptEngine.values())
                        .map(CryptEngine::displayName)
                        .collect(Collectors.joining(", ")));
    }

    private static String why(CryptEngine engine) {
        return "not available (" + engine.libraryVersion() + "; Debian package " + engine.debianPackage() + ")";
    }

    private static Map<CryptEngine, Double> measure(List<CryptEngine> engines) {
        Map<CryptEngine, SealingSpeed> speeds = new EnumMap<>(CryptEngine.class);
        try {
            for (CryptEngine engine : engines) {
                speeds.put(engine, new SealingSpeed(engine, CipherSuite.AES_128_GCM));
            }
            for (int turn = 0; turn < TURNS; turn++) {
                speeds.values().forEach(speed -> speed.measure(TURN_NS));
            }
            Map<CryptEngine, Double> best = new EnumMap<>(CryptEngine.class);
            speeds.forEach((engine, speed) -> best.put(engine, speed.best()));
            return best;
        } finally {
            speeds.values().forEach(SealingSpeed::close);
        }
    }

    private static String reason(CryptEngine fixed, List<CryptEngine> available, Map<CryptEngine, Double> speeds) {
        String measured = available.stream()
                .map(engine -> String.format(
                        Locale.ROOT,
                        "%s %s %.1f GB/s",
                        engine.displayName(),
                        engine.libraryVersion(),
                        speeds.get(engine)))
                .collect(Collectors.joining(", "));
        String missing = Arrays.stream(CryptEngine.values())
                .filter(engine -> !available.contains(engine))
                .map(engine -> engine.displayName() + " is " + why(engine))
                .collect(Collectors.joining("; "));
        String rule = fixed != null ? "as configured" : missing.isEmpty() ? "the fastest here" : "the only one here";
        return rule + ": " + measured + (missing.isEmpty() ? "" : "; " + missing);
    }

    /** The engine to make keys with. */
    public CryptEngine engine() {
        return engine;
    }

    /** Why this one, what was measured, and what is missing: for the log and the status. */
    public String reason() {
        return reason;
    }

    /**
     * AES-128-GCM records of 16 KiB sealed by one core, in 10^9 bytes a second; of every engine that is available, the
     * fastest of some short turns.
     */
    public Map<CryptEngine, Double> gigabytesPerSecond() {
        return gigabytesPerSecond;
    }
}
