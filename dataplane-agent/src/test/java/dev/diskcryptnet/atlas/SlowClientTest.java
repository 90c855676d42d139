package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.tcp.CongestionAlgorithm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that hold what they have been given for as long as they can, in virtual time. */
class SlowClientTest extends LoopCase {
    private static final String GET = "GET /film HTTP/1.1\r\nHost: a\r\n\r\n";

    private final PatternObject film = new PatternObject("/film", 0, 100 << 20);
    private final VirtualBed bed = new VirtualBed(pattern(), only(film), CongestionAlgorithm.CUBIC);
    private final ScriptedClient host = bed.host("192.0.2.1");

    @AfterEach
    void end() {
        bed.close();
        assertEquals(0, film.leases.get());
    }

    private ScriptedClient.Connection connected(int window) {
        ScriptedClient.Connection connection = host.connect(window);
        bed.run(10);
        assertTrue(connection.established);
        return connection;
    }

    private long timeouts(String reason) {
        return bed.counter("dcn_http_timeouts", reason);
    }

    @Test
    void shouldEndAConnectionThatClosesItsWindow() {
        ScriptedClient.Connection holder = connected(0);
        holder.send(GET);
        bed.run(59_000);
        assertFalse(holder.reset, "it has its time");
        assertTrue(bed.counter("dcn_tcp_zero_window_probes") > 3, "and is asked for room meanwhile");
        bed.run(3_000);
        assertTrue(holder.reset);
        assertEquals(1, timeouts("stalled"));
        assertEquals(0, film.leases.get());
    }

    /** Room for one byte at a time, acknowledged in 20 ms: it would take a month for a film. */
    @Test
    void shouldEndAConnectionWithATinyWindow() {
        ScriptedClient.Connection holder = connected(1);
        holder.acknowledges = false;
        holder.send(GET);
        for (int i = 0; i < 3_100 && !holder.reset; i++) {
            bed.run(20);
            holder.acknowledge(holder.receivedBytes);
        }
        assertTrue(holder.reset);
        assertTrue(
                holder.acknowledgedBytes > 1_000 && holder.acknowledgedBytes < 16 << 10,
                "acknowledged=" + holder.acknowledgedBytes);
        assertEquals(1, timeouts("slow"));
        assertEquals(0, timeouts("stalled"));
    }

    @Test
    void shouldEndAReaderThatTakesAFewBytesNowAndThen() {
        ScriptedClient.Connection reader = connected(20_000);
        reader.acknowledges = false;
        reader.send(GET);
        for (int i = 0; i < 65 && !reader.reset; i++) {
            bed.run(1_000);
            reader.acknowledge(Math.min(reader.receivedBytes, reader.acknowledgedBytes + 100));
        }
        assertTrue(reader.reset);
        assertEquals(1, timeouts("slow"));
    }

    /** More questions are no progress of the answer that is under way. */
    @Test
    void shouldEndASlowReaderThatGoesOnAsking() {
        ScriptedClient.Connection reader = connected(20_000);
        reader.acknowledges = false;
        reader.send(GET);
        for (int i = 0; i < 65 && !reader.reset; i++) {
            bed.run(1_000);
            if (i % 10 == 0) {
                reader.send(GET);
            }
            reader.acknowledge(Math.min(reader.receivedBytes, reader.acknowledgedBytes + 100));
        }
        assertTrue(reader.reset);
    }

    /** Ten minutes at 16 KiB in 50 s: what a bad link gives. */
    @Test
    void shouldBearWithASlowReaderThatTakesEnough() {
        ScriptedClient.Connection reader = connected(20_000);
        reader.acknowledges = false;
        reader.send(GET);
        for (int i = 0; i < 600; i++) {
            bed.run(1_000);
            reader.acknowledge(Math.min(reader.receivedBytes, reader.acknowledgedBytes + (16 << 10) / 50 + 1));
        }
        assertFalse(reader.reset);
        assertEquals(0, timeouts("slow"));
    }

    @Test
    void shouldAnswerARequestThatComesByteByByteWith408() {
        ScriptedClient.Connection writer = connected(20_000);
        String head = "GET /film HTTP/1.1\r\nX: " + "a".repeat(1000);
        for (int i = 0; i < 17; i++) {
            writer.send(head.substring(i, i + 1));
            bed.run(1_000);
        }
        assertEquals("408", writer.status);
        assertTrue(writer.ended);
        assertEquals(1, timeouts("request"));
    }

    @Test
    void shouldEndConnectionsThatNeverAskNorClose() {
        ScriptedClient.Connection silent = connected(20_000);
        bed.run(77_000);
        assertTrue(silent.ended);
        assertEquals(1, bed.counter("dcn_http_expired_connections", "idle"));
        bed.run(11_000);
        assertTrue(silent.reset);
        assertEquals(1, bed.counter("dcn_http_expired_connections", "closing"));
        assertEquals(0, bed.counter("dcn_tcp_connections"));
    }
}
