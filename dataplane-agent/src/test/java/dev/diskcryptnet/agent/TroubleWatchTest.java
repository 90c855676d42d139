package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.diskcryptnet.admin.AgentStatus;
import dev.diskcryptnet.counters.CounterSet;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TroubleWatchTest {
    /** Names of its own: the log is the whole process's. */
    private static final String DISK = "trouble-" + System.nanoTime();

    private final CounterSet first = new CounterSet(Map.of("worker", "0"));
    private final CounterSet second = new CounterSet(Map.of("worker", "1"));
    private final TroubleWatch watch = new TroubleWatch(List.of(first, second), Duration.ofHours(1));

    private static List<AgentStatus.Event> said() {
        return Logging.recent().newestFirst().stream()
                .filter(event -> DISK.equals(event.fields().get("disk")))
                .toList();
    }

    @Test
    void shouldSayOnceHowMuchCameOnTopOverAllWorkers() {
        var errors = first.counter("dcn_disk_errors", "", "", "disk", DISK);
        var others = second.counter("dcn_disk_errors", "", "", "disk", DISK);
        watch.look();
        assertEquals(List.of(), said());
        errors.add(3);
        others.add(4);
        watch.look();
        watch.look();
        assertEquals(1, said().size());
        assertEquals("disk-commands-failed", said().getFirst().event());
        assertEquals("7", said().getFirst().fields().get("count"));
        errors.add(1);
        watch.look();
        assertEquals("1", said().getFirst().fields().get("count"));
        assertEquals("8", said().getFirst().fields().get("total"));
    }

    @Test
    void shouldSayNothingOfWhatIsNoTrouble() {
        first.counter("dcn_disk_read_bytes", "bytes", "", "disk", DISK).add(5);
        int before = Logging.recent().newestFirst().size();
        first.counter("dcn_http_requests", "", "", "status", "200").add(5);
        watch.look();
        assertEquals(before, Logging.recent().newestFirst().size());
    }
}
