package dev.diskcryptnet.agent.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.diskcryptnet.admin.AgentStatus;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RepeatLimitTest {
    private final RepeatLimit limit = new RepeatLimit();
    private final Logged logged = Logged.behind(limit);

    @AfterEach
    void stop() {
        limit.stop();
    }

    private void fail(String disk, int count) {
        logged.logger
                .atWarn()
                .addKeyValue("disk", disk)
                .addKeyValue("count", count)
                .log("read-failed");
    }

    private static Object field(ILoggingEvent event, String name) {
        return event.getKeyValuePairs().stream()
                .filter(pair -> pair.key.equals(name))
                .map(pair -> pair.value)
                .findFirst()
                .orElse(null);
    }

    @Test
    void shouldCountAndSumWhatIsRepeated() {
        for (int i = 1; i <= 105; i++) {
            fail("a", 2);
        }
        assertEquals(RepeatLimit.BURST, logged.events.size());
        limit.flush(System.currentTimeMillis() + RepeatLimit.INTERVAL_MS);
        assertEquals(RepeatLimit.BURST + 1, logged.events.size());
        ILoggingEvent summary = logged.events.getLast();
        assertEquals("read-failed", summary.getMessage());
        assertEquals(Level.WARN, summary.getLevel());
        assertEquals("a", field(summary, "disk"));
        assertEquals(100L, field(summary, "repeated"));
        assertEquals(200L, field(summary, "count"));
        assertEquals(1L, field(summary, "seconds"));
    }

    @Test
    void shouldTellDevicesApart() {
        for (int i = 0; i < 20; i++) {
            fail("a", 1);
        }
        fail("b", 1);
        assertEquals("b", field(logged.events.getLast(), "disk"));
    }

    @Test
    void shouldNotTellClientsApart() {
        for (int i = 0; i < 1000; i++) {
            logged.logger.atWarn().addKeyValue("connection", "192.0.2.1:" + i).log("cut-off");
        }
        assertEquals(RepeatLimit.BURST, logged.events.size());
    }

    @Test
    void shouldBoundTheKindsThatItRemembers() {
        for (int i = 0; i < 100_000; i++) {
            fail("disk-" + i, 1);
        }
        limit.flush(System.currentTimeMillis() + RepeatLimit.INTERVAL_MS);
        assertTrue(logged.events.size() < 600, "events=" + logged.events.size());
    }

    @Test
    void shouldLetThroughAgainWhatComesAfterTheInterval() {
        for (int i = 0; i < 7; i++) {
            fail("a", 1);
        }
        limit.flush(System.currentTimeMillis() + RepeatLimit.INTERVAL_MS);
        int before = logged.events.size();
        fail("a", 1);
        assertEquals(before + 1, logged.events.size());
    }

    @Test
    void shouldSayWhatItHeldBackWhenItStops() {
        for (int i = 0; i < 7; i++) {
            fail("a", 1);
        }
        limit.stop();
        assertEquals(2L, field(logged.events.getLast(), "repeated"));
    }

    @Test
    void shouldKeepTheLastWarningsAndErrorsForTheStatus() {
        var recent = new RecentEvents();
        recent.setContext(logged.context);
        recent.start();
        limit.addAppender(recent);
        logged.logger.atInfo().log("ready");
        for (int i = 0; i < 2 * RecentEvents.CAPACITY; i++) {
            fail("disk-" + i, 1);
        }
        List<AgentStatus.Event> events = recent.newestFirst();
        assertEquals(RecentEvents.CAPACITY, events.size());
        assertEquals("disk-99", events.getFirst().fields().get("disk"));
        assertEquals("disk-50", events.getLast().fields().get("disk"));
        assertEquals("read-failed", events.getFirst().event());
    }
}
