package dev.diskcryptnet.netmap;

/**
 * What a {@link FaultPort} does to frames, parsed from text like
 * {@code drop=0.02,reorder=0.02,corrupt=0.001,duplicate=0.001,delay=5ms,seed=1}. A name applies to both directions;
 * {@code rx.} or {@code tx.} in front of it, later in the text, sets one.
 *
 * @param receive faults of received frames
 * @param transmit faults of sent frames
 * @param seed of the random sequence; each queue and direction derives its own
 */
public record FaultSpec(Faults receive, Faults transmit, long seed) {
    /**
     * Faults of one direction.
     *
     * @param drop probability that a frame is lost, 0 to 1
     * @param duplicate probability that a frame comes twice
     * @param reorder probability that a frame is overtaken by those of up to 1 ms
     * @param corrupt probability that one bit behind the Ethernet header is flipped
     * @param delayNs added to each frame's way
     */
    public record Faults(double drop, double duplicate, double reorder, double corrupt, long delayNs) {
        static final Faults NONE = new Faults(0, 0, 0, 0, 0);

        private Faults with(String name, String value, String text) {
            return switch (name) {
                case "drop" -> new Faults(probability(value, text), duplicate, reorder, corrupt, delayNs);
                case "duplicate" -> new Faults(drop, probability(value, text), reorder, corrupt, delayNs);
                case "reorder" -> new Faults(drop, duplicate, probability(value, text), corrupt, delayNs);
                case "corrupt" -> new Faults(drop, duplicate, reorder, probability(value, text), delayNs);
                case "delay" -> new Faults(drop, duplicate, reorder, corrupt, durationNs(value, text));
                default ->
                    throw new IllegalArgumentException("faults=" + text + " names fault=" + name
                            + "; there are drop, duplicate, reorder, corrupt, delay and seed");
            };
        }
    }

    /**
     * Parses the text form.
     *
     * @throws IllegalArgumentException when a name is unknown or a value out of range
     */
    public static FaultSpec parse(String text) {
        Faults receive = Faults.NONE;
        Faults transmit = Faults.NONE;
        long seed = 1;
        for (String part : text.split(",")) {
            String[] pair = part.strip().split("=", 2);
            if (pair.length != 2) {
                throw new IllegalArgumentException("faults=" + text + " has part=" + part + "; write name=value");
            }
            String name = pair[0].replaceFirst("^[rt]x\\.", "");
            if (pair[0].equals("seed")) {
                seed = number(pair[1], text);
                continue;
            }
            receive = pair[0].startsWith("tx.") ? receive : receive.with(name, pair[1], text);
            transmit = pair[0].startsWith("rx.") ? transmit : transmit.with(name, pair[1], text);
        }
        return new FaultSpec(receive, transmit, seed);
    }

    private static double probability(String value, String text) {
        try {
            double probability = Double.parseDouble(value);
            if (probability >= 0 && probability <= 1) {
                return probability;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IllegalArgumentException("faults=" + text + " has value=" + value + ", not within 0 and 1");
    }

    private static long durationNs(String value, String text) {
        long unitNs = value.endsWith("ms") ? 1_000_000 : value.endsWith("us") ? 1_000 : 0;
        if (unitNs == 0) {
            throw new IllegalArgumentException("faults=" + text + " has delay=" + value + "; write like 5ms or 200us");
        }
        long count = number(value.substring(0, value.length() - 2), text);
        if (count < 0 || count > 60_000_000L) {
            throw new IllegalArgumentException(
                    "faults=" + text + " has delay=" + value + ", not within 0 and a minute");
        }
        return count * unitNs;
    }

    private static long number(String value, String text) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("faults=" + text + " has value=" + value + ", not a whole number", e);
        }
    }
}
