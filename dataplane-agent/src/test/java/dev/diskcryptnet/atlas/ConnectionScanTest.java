package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.ip.IpPrefix;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The connections that a loop tells of while it goes on. */
class ConnectionScanTest extends LoopCase {
    /** More than a loop looks at in one pass. */
    private static final int CONNECTIONS = 3 * ConnectionScan.PER_PASS - 7;

    private static final String CLIENT = "192.0.2.1/32";

    private static ConnectionFilter any() {
        return filter(null, null, "", 10_000);
    }

    private static ConnectionFilter filter(String remote, String state, String path, int limit) {
        return new ConnectionFilter(remote == null ? null : IpPrefix.parse(remote), state, path, limit);
    }

    private LoopBed bed(boolean tls, int connections) {
        PatternObject[] objects = {new PatternObject("/vod/a", 0, 500_000)};
        var setup = new LoopBed.Setup(paths(objects), connections);
        LoopBed bed = opened(new LoopBed(pattern(), only(objects), tls ? setup.tls(LoopBed.tls()) : setup));
        bed.runUntil(() -> bed.client.responses() >= connections);
        return bed;
    }

    private static List<ConnectionView> look(LoopBed bed, ConnectionFilter filter) throws InterruptedException {
        var scan = new ConnectionScan(filter);
        bed.built.worker().look(scan);
        bed.built.worker().doWork();
        for (int passes = 1; scan.await(Duration.ZERO) == null; passes++) {
            assertTrue(passes <= CONNECTIONS / ConnectionScan.PER_PASS + 2, "passes=" + passes);
            bed.built.worker().doWork();
        }
        return scan.await(Duration.ZERO);
    }

    @Test
    void shouldTellOfEveryConnectionOnceAndWhereItStands() throws Exception {
        for (boolean tls : new boolean[] {false, true}) {
            LoopBed bed = bed(tls, 40);
            List<ConnectionView> found = look(bed, any());
            assertEquals(40, found.size());
            assertEquals(
                    40,
                    found.stream().map(ConnectionView::remotePort).distinct().count());
            for (ConnectionView view : found) {
                assertEquals("192.0.2.1", view.remoteAddress().toString());
                assertEquals(80, view.localPort());
                assertEquals(tls, view.tls());
                assertTrue(view.acknowledgedBytes() > 0, view::toString);
                assertTrue(view.inFlightBytes() <= view.pendingBytes(), view::toString);
                assertTrue(view.congestionWindowBytes() >= 14_600, view::toString);
                assertTrue(view.roundTripNs() > 0, view::toString);
                assertEquals(0, view.retransmittedBytes());
                assertEquals(view.pendingBytes() > 0, view.path().equals("/vod/a"), view::toString);
            }
        }
    }

    @Test
    void shouldTakeNoMoreThanAPartOfAPassForThousands() throws Exception {
        LoopBed bed = bed(false, CONNECTIONS);
        var scan = new ConnectionScan(any());
        bed.built.worker().look(scan);
        bed.built.worker().doWork();
        assertNull(scan.await(Duration.ZERO));
        assertEquals(CONNECTIONS, look(bed, any()).size());
    }

    @Test
    void shouldTellOfThoseAskedForOnly() throws Exception {
        LoopBed bed = bed(false, 20);
        assertEquals(20, look(bed, filter(CLIENT, null, "", 100)).size());
        assertEquals(20, look(bed, filter("192.0.0.0/16", null, "", 100)).size());
        assertEquals(0, look(bed, filter("192.0.2.2/32", null, "", 100)).size());
        assertEquals(0, look(bed, filter("2001:db8::/32", null, "", 100)).size());
        assertEquals(7, look(bed, filter(null, null, "", 7)).size());
        assertEquals(0, look(bed, filter(null, null, "/live/", 100)).size());
        List<ConnectionView> sending = look(bed, filter(null, "response", "/vod/", 100));
        assertFalse(sending.isEmpty());
        assertTrue(sending.stream()
                .allMatch(view -> view.state().equals("response") && view.path().equals("/vod/a")));
        String refused = assertThrows(IllegalArgumentException.class, () -> filter(null, "busy", "", 1))
                .getMessage();
        assertTrue(refused.contains("state=busy") && refused.contains("handshake"), refused);
    }
}
