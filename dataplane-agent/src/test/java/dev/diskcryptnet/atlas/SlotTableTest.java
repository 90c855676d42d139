package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SlotTableTest {
    @Test
    void shouldTakeWhatIsNotSentFromTheHeadFirstAndThenFromTheObject() {
        var slots = new SlotTable(4, null);
        slots.prefixBytes[3] = 100;
        slots.refers(3, null, 1 << 20, 1_000);

        assertEquals(1_000, slots.objectBytesAfter(3, 0));
        assertEquals(1_000, slots.objectBytesAfter(3, 100));
        assertEquals(999, slots.objectBytesAfter(3, 101));
        assertEquals(1, slots.objectBytesAfter(3, 1_099));
    }
}
