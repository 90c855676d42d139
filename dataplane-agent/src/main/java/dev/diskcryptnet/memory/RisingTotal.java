package dev.diskcryptnet.memory;

import java.util.OptionalLong;

/** What a counter has counted since the first look, over readings that failed and counters that began again. */
final class RisingTotal {
    private boolean begun;
    private long last;
    private long total;

    /**
     * @param value what the counter shows; empty when it cannot be read. The kernel sees to the overflows of the hardware:
     *     one that has fallen was started anew, as when its domain's last processor went and came back
     */
    void update(OptionalLong value) {
        if (value.isEmpty()) {
            return;
        }
        long now = value.getAsLong();
        if (begun) {
            total += now >= last ? now - last : now;
        }
        begun = true;
        last = now;
    }

    /** Whether it was ever read. */
    boolean begun() {
        return begun;
    }

    long total() {
        return total;
    }
}
