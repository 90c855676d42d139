package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangeSetTest {
    /** Against a bit per byte, which cannot be wrong. */
    @Test
    void shouldAgreeWithABitSet() {
        Random random = new Random(11);
        for (int run = 0; run < 300; run++) {
            RangeSet set = new RangeSet();
            BitSet bits = new BitSet();
            for (int step = 0; step < 200; step++) {
                int start = random.nextInt(500);
                int end = start + random.nextInt(40);
                BitSet before = (BitSet) bits.clone();
                switch (random.nextInt(5)) {
                    case 0, 1, 2 -> {
                        bits.set(start, end);
                        before.xor(bits);
                        assertEquals(before.cardinality(), set.add(start, end));
                    }
                    case 3 -> {
                        bits.clear(start, end);
                        set.remove(start, end);
                    }
                    default -> {
                        bits.clear(0, start / 8);
                        set.removeBelow(start / 8);
                    }
                }
                check(bits, set, random);
            }
        }
    }

    private static void check(BitSet bits, RangeSet set, Random random) {
        assertEquals(bits.cardinality(), set.totalBytes());
        int at = 0;
        for (int i = 0; i < set.size(); i++) {
            assertEquals(bits.nextSetBit(at), set.start(i));
            at = bits.nextClearBit((int) set.start(i));
            assertEquals(at, set.end(i));
        }
        assertEquals(-1, bits.nextSetBit(at));
        int probe = random.nextInt(520);
        assertEquals(bits.get(probe), set.contains(probe));
        int next = bits.nextSetBit(probe);
        assertEquals(next >= 0 && next < probe + 7, set.intersects(probe, probe + 7));
    }

    @Test
    void shouldRefuseMoreRangesThanItsBound() {
        RangeSet set = new RangeSet();
        for (int i = 0; i < 2000; i++) {
            set.add(3L * i, 3L * i + 1);
        }
        assertEquals(RangeSet.MAX_RANGES, set.size());
        assertTrue(set.add(1, 2) > 0);
    }
}
