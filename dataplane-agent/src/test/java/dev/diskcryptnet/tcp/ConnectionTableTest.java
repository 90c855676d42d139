package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConnectionTableTest {
    private static final class Entry extends ConnectionEntry {}

    /** Against a hash map, with hashes that collide and wrap around the table's end. */
    @Test
    void shouldAgreeWithAHashMapThroughInsertionsAndRemovals() {
        Random random = new Random(3);
        ConnectionTable table = new ConnectionTable(64);
        Map<Integer, Entry> model = new HashMap<>();
        TcpSegment key = new TcpSegment();
        for (int step = 0; step < 200_000; step++) {
            int port = random.nextInt(200);
            long hash = port % 5 == 0 ? 126 : port * 0x9E3779B9L;
            key.remotePort = port;
            Entry known = model.get(port);
            assertSame(known, table.find(key, hash));
            if (known != null && random.nextBoolean()) {
                table.remove(model.remove(port));
            } else if (known == null && model.size() < 64) {
                Entry entry = new Entry();
                entry.address(key, hash);
                table.insert(entry);
                model.put(port, entry);
            }
            assertEquals(model.size(), table.size());
        }
    }
}
