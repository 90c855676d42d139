package dev.diskcryptnet.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ByteRangesTest {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());

    private final ByteRanges ranges = new ByteRanges();

    /** The naive reading of RFC 9110 14.1.2: which bytes each range means, as sets of bits. */
    private static List<BitSet> reference(List<String> specs, int size) {
        List<BitSet> wanted = new ArrayList<>();
        for (String spec : specs) {
            var bits = new BitSet();
            String[] ends = spec.split("-", -1);
            for (int i = 0; i < size; i++) {
                boolean in = ends[0].isEmpty()
                        ? i >= size - Long.parseLong(ends[1])
                        : i >= Long.parseLong(ends[0]) && (ends[1].isEmpty() || i <= Long.parseLong(ends[1]));
                bits.set(i, in);
            }
            if (!bits.isEmpty()) {
                wanted.add(bits);
            }
        }
        return wanted;
    }

    @Test
    void shouldMeanTheSameBytesAsTheNaiveReading() {
        System.out.println("dcn.seed=" + SEED);
        var random = new SplittableRandom(SEED);
        int rounds = Boolean.getBoolean("dcn.long") ? 1_000_000 : 50_000;
        for (int round = 0; round < rounds; round++) {
            int size = random.nextInt(1, 4 << random.nextInt(9));
            List<String> specs = new ArrayList<>();
            for (int n = random.nextInt(1, 2 + random.nextInt(8)); n > 0; n--) {
                specs.add(spec(random, size));
            }
            compare(specs, size);
        }
    }

    private static String spec(SplittableRandom random, int size) {
        int a = random.nextInt(size + size / 4 + 2);
        int b = a + random.nextInt(1 + random.nextInt(size + 2));
        return switch (random.nextInt(4)) {
            case 0 -> a + "-";
            case 1 -> "-" + a;
            default -> a + "-" + b;
        };
    }

    private void compare(List<String> specs, int size) {
        String field = "bytes=" + String.join(",", specs);
        String message = "dcn.seed=" + SEED + " range=" + field + " size=" + size;
        List<BitSet> wanted = reference(specs, size);
        ByteRanges.Outcome outcome = ranges.parse(field, size);
        if (wanted.isEmpty()) {
            assertEquals(ByteRanges.Outcome.UNSATISFIABLE, outcome, message);
            return;
        }
        assertEquals(ByteRanges.Outcome.PARTIAL, outcome, message);
        var sent = new BitSet();
        for (int i = 0; i < ranges.count(); i++) {
            assertTrue(ranges.first(i) >= 0 && ranges.first(i) <= ranges.last(i) && ranges.last(i) < size, message);
            int clear = sent.nextSetBit((int) ranges.first(i));
            assertTrue(clear < 0 || clear > ranges.last(i), "a byte goes out twice: " + message);
            sent.set((int) ranges.first(i), (int) ranges.last(i) + 1);
        }
        var union = new BitSet();
        wanted.forEach(union::or);
        var missing = (BitSet) union.clone();
        missing.andNot(sent);
        assertTrue(missing.isEmpty(), "missing " + missing + ": " + message);
        sent.andNot(union);
        for (int from = sent.nextSetBit(0); from >= 0; from = sent.nextSetBit(sent.nextClearBit(from))) {
            int gap = sent.nextClearBit(from) - from;
            assertTrue(gap < ByteRanges.JOIN_GAP_BYTES, "gap=" + gap + " is sent though not asked for: " + message);
        }
        if (ranges.count() == wanted.size()) {
            for (int i = 0; i < ranges.count(); i++) {
                boolean sorted = i == 0 || ranges.first(i) > ranges.first(i - 1);
                assertTrue(sorted || ranges.first(i) == wanted.get(i).nextSetBit(0), message);
            }
        }
    }
}
