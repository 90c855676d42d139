package dev.diskcryptnet.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.wire.IpAddress;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;

class PerfectClientTest {
    private static final int BODY_BYTES = 300_000;

    private PerfectClient client;
    private PerfectServer server;

    private void connect(int connections, int verifyEvery, String status, int bodyBytes, int frameBytes) {
        LoadConfig config = new LoadConfig(
                connections,
                List.of("/a", "/b"),
                PerfectServer.CLIENT,
                PerfectServer.ADDRESS,
                PerfectServer.PORT,
                verifyEvery);
        client = new PerfectClient(config, new CounterSet(Map.of()), PerfectClientTest::isAllX);
        PeerPort port = new PeerPort("loop", worker -> client);
        server = new PerfectServer(port.openQueue(0, 1), port.facts(), status, bodyBytes, frameBytes);
    }

    private static boolean isAllX(int path, long bodyOffset, DirectBuffer buffer, int offset, int lengthBytes) {
        for (int i = 0; i < lengthBytes; i++) {
            if (buffer.getByte(offset + i) != 'x') {
                return false;
            }
        }
        return true;
    }

    private void work(int cycles) {
        for (int i = 0; i < cycles; i++) {
            server.doWork();
        }
    }

    @Test
    void shouldAskAgainWhenAResponseIsComplete() {
        connect(64, 1, "200 OK", BODY_BYTES, 61_440);
        work(200);
        assertEquals(0, client.errors());
        assertTrue(client.responses() > 1_000, "responses=" + client.responses());
        assertEquals(client.responses(), client.verifiedResponses());
        assertTrue(client.bodyBytes() >= client.responses() * BODY_BYTES);
    }

    @Test
    void shouldReadHeadsThatAreCutAnywhere() {
        for (int frameBytes = 1; frameBytes < 80; frameBytes++) {
            connect(3, 0, "206 Partial Content", 100, frameBytes);
            work(500);
            assertEquals(0, client.errors());
            assertTrue(client.responses() > 50, "frameBytes=" + frameBytes + " responses=" + client.responses());
        }
    }

    @Test
    void shouldAcknowledgeEachFrameOnce() {
        connect(1, 0, "200 OK", 1_000_000, 50_000);
        work(100);
        long frames = client.responses() * 21; // The head makes the twentieth frame overflow.
        long acknowledged = server.acknowledgements + client.responses();
        assertEquals(frames, acknowledged, frames / 50.0);
    }

    @Test
    void shouldOpenAnotherConnectionWhenTheServerCloses() {
        connect(500, 0, "200 OK", 1_000, 61_440);
        server.closeEvery = 7;
        work(5_000);
        assertEquals(0, client.errors());
        assertTrue(client.responses() > 50_000, "responses=" + client.responses());
    }

    @Test
    void shouldCountWrongBytesAndErrorResponses() {
        connect(4, 2, "200 OK", BODY_BYTES, 61_440);
        server.wrongByte = 5_000;
        work(200);
        assertTrue(client.errors() > 0);
        assertEquals(0, client.verifiedResponses());

        connect(4, 0, "503 Service Unavailable", 0, 61_440);
        work(200);
        assertTrue(client.errors() > 0);
        assertEquals(0, client.responses());
    }

    @Test
    void shouldRefuseAConfigurationThatCannotWork() {
        IpAddress four = PerfectServer.ADDRESS;
        IpAddress six = IpAddress.parse("2001:db8::1");
        assertThrows(IllegalArgumentException.class, () -> new LoadConfig(0, List.of("/a"), four, four, 80, 0));
        assertThrows(IllegalArgumentException.class, () -> new LoadConfig(1, List.of(), four, four, 80, 0));
        assertThrows(IllegalArgumentException.class, () -> new LoadConfig(1, List.of("a"), four, four, 80, 0));
        assertThrows(IllegalArgumentException.class, () -> new LoadConfig(1, List.of("/a"), six, four, 80, 0));
        assertThrows(IllegalArgumentException.class, () -> new LoadConfig(1, List.of("/a"), four, four, 80, -1));
    }

    @Test
    void shouldCostLittleAndAllocateNothing() {
        connect(64, 0, "200 OK", BODY_BYTES, 61_440);
        work(5_000);
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long cpu = thread.getCurrentThreadCpuTime();
        long allocated = thread.getCurrentThreadAllocatedBytes();
        long received = client.receivedBytes();
        long frames = 0;
        for (int i = 0; i < 5_000; i++) {
            frames += server.doWork();
        }
        allocated = thread.getCurrentThreadAllocatedBytes() - allocated;
        double nsPerFrame = (double) (thread.getCurrentThreadCpuTime() - cpu) / frames;
        double gbit = 8.0 * (client.receivedBytes() - received) / (thread.getCurrentThreadCpuTime() - cpu);
        System.out.printf("PerfectClientTest frames=%d ns/frame=%.0f Gbit/s=%.0f%n", frames, nsPerFrame, gbit);
        assertTrue(allocated < 4096, "allocated=" + allocated);
        assertTrue(nsPerFrame < 5_000, "client and test server together: ns/frame=" + nsPerFrame);
    }
}
