package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimerWheelTest {
    private static final long TICK = 1L << TimerWheel.TICK_SHIFT;

    private final TimerWheel wheel = new TimerWheel();
    private final List<Probe> fired = new ArrayList<>();

    private final class Probe extends TimerEntry {
        long wantedNs;
        boolean armed;

        @Override
        void onTimer(long nowNs) {
            assertTrue(armed, "fired without being asked to");
            assertTrue(nowNs >= wantedNs, "fired early");
            armed = false;
            fired.add(this);
        }
    }

    /** Against what each timer was last asked for, over seconds to days, negative times included. */
    @Test
    void shouldFireEachTimerOnceNeverEarlyAndAtMostATickLate() {
        for (int seed = 0; seed < 30; seed++) {
            Random random = new Random(seed);
            TimerWheel wheel = new TimerWheel();
            long now = random.nextLong() >> 3;
            List<Probe> probes = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                probes.add(new Probe());
            }
            for (int step = 0; step < 3000; step++) {
                Probe probe = probes.get(random.nextInt(50));
                int kind = random.nextInt(10);
                if (kind == 0) {
                    wheel.cancel(probe);
                    probe.armed = false;
                } else if (kind == 1) {
                    wheel.schedule(probe, now, TimerEntry.NONE);
                    probe.armed = false;
                } else {
                    probe.wantedNs = now + (random.nextLong(1L << random.nextInt(8, 45)));
                    probe.armed = true;
                    wheel.schedule(probe, now, probe.wantedNs);
                }
                now += random.nextLong(1L << random.nextInt(8, 34));
                while (wheel.advance(now, 7) == 7) {}
                for (Probe each : probes) {
                    assertTrue(!each.armed || each.wantedNs + 2 * TICK > now, "seed=" + seed + " late");
                    assertTrue(!each.armed || wheel.nextDeadlineNs() <= each.wantedNs + TICK);
                }
            }
        }
    }

    @Test
    void shouldBoundTheWorkOfOneTurnAndGoOnInTheNext() {
        for (int i = 0; i < 10; i++) {
            Probe probe = new Probe();
            probe.armed = true;
            wheel.schedule(probe, 0, 5 * TICK);
        }
        assertEquals(4, wheel.advance(6 * TICK, 4));
        assertEquals(4, fired.size());
        assertTrue(wheel.nextDeadlineNs() <= 6 * TICK);
        assertEquals(6, wheel.advance(6 * TICK, 100));
        assertEquals(TimerEntry.NONE, wheel.nextDeadlineNs());
    }
}
