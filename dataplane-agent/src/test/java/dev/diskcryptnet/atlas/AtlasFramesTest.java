package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.load.PerfectClient;
import dev.diskcryptnet.load.PresetTls;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.PeerFarSide;
import dev.diskcryptnet.netmap.PeerPort;
import org.agrona.DirectBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop on ports that take frames of very different lengths. */
class AtlasFramesTest extends LoopCase {
    private static final int HEADERS_BYTES = 128;

    private int longestFrame;

    /** Looks at the frames on their way to the client. */
    private final class Watching implements PeerFarSide {
        private final PerfectClient client;

        Watching(PerfectClient client) {
            this.client = client;
        }

        @Override
        public void onFrame(
                DirectBuffer buffer,
                int frameOffset,
                int frameBytes,
                int segmentBytes,
                int headerBytes,
                int checksumStart) {
            longestFrame = Math.max(longestFrame, frameBytes);
            client.onFrame(buffer, frameOffset, frameBytes, segmentBytes, headerBytes, checksumStart);
        }

        @Override
        public int deliver(FrameHandler handler, int limit) {
            return client.deliver(handler, limit);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {9_000, 17_000, 40_000, 65_535, 100_000, 393_215, 524_279})
    void shouldFillFramesAsLongAsThePortTakes(int maxFrameBytes) {
        serve(maxFrameBytes, null);
        assertTrue(longestFrame > maxFrameBytes - 2 * 4096 - HEADERS_BYTES - 1460, "longestFrame=" + longestFrame);
    }

    @ParameterizedTest
    @ValueSource(ints = {9_000, 17_000, 40_000, 65_535, 100_000, 393_215, 524_279})
    void shouldFillFramesWithWholeRecords(int maxFrameBytes) {
        serve(maxFrameBytes, LoopBed.tls());
        int records = Math.max(1, (maxFrameBytes - HEADERS_BYTES) / FrameSize.MAX_RECORD_BYTES);
        int most = Math.min(records * FrameSize.MAX_RECORD_BYTES, maxFrameBytes - HEADERS_BYTES);
        assertTrue(longestFrame > most - FrameSize.MAX_RECORD_BYTES / 2, "longestFrame=" + longestFrame);
    }

    /** Objects that lie together, scattered over the disk, and partly in memory; every byte is compared. */
    private void serve(int maxFrameBytes, PresetTls tls) {
        PatternObject[] objects = {
            new PatternObject("/a", 0, 2_000_001),
            new PatternObject("/b", 8 << 20, 700_000).scattered(4096),
            new PatternObject("/c", 16 << 20, 4_097)
        };
        FaultDisk disk = opened(new FaultDisk("mem:64M?seed=7")
                .reorderCompletions(1)
                .delayCompletions(3)
                .cacheSome(5));
        LoopBed.Setup setup = new LoopBed.Setup(paths(objects), 20)
                .tls(tls)
                .check(sameAs(new FaultDisk("mem:64M?seed=7"), objects))
                .ports(client -> PeerPort.ofFrames("frames", 8, maxFrameBytes, worker -> new Watching(client)));
        LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
        bed.runPatientlyUntil(() -> bed.client.verifiedResponses() >= 90);
        assertEquals(0, bed.client.errors());
        assertTrue(longestFrame <= maxFrameBytes, "longestFrame=" + longestFrame);
    }
}
