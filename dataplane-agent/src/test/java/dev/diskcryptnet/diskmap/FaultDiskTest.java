package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NativeException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FaultDiskTest {
    private static final int BLOCK = 4096;

    private static ByteBuffer blocks(int count, int value) {
        byte[] bytes = new byte[count * BLOCK];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private static byte byteAt(Disk disk, long offset) {
        try (BlockIo io = new BlockIo(disk)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            io.read(offset, one);
            return one.get(0);
        }
    }

    @Test
    void shouldFailTheCommandItWasToldTo() {
        FaultDisk disk = new FaultDisk("mem:1M").failCommand(1, 5);
        try (BlockIo io = new BlockIo(disk)) {
            io.write(0, blocks(1, 1));
            NativeException failure = assertThrows(NativeException.class, () -> io.write(BLOCK, blocks(1, 2)));
            assertEquals(5, failure.errno());
            io.write(2 * BLOCK, blocks(1, 3));
        }
        assertEquals(1, byteAt(disk, 0));
        assertEquals(0, byteAt(disk, BLOCK));
        assertEquals(3, byteAt(disk, 2 * BLOCK));
    }

    @Test
    void shouldKeepOnlyWhatWasFlushed() {
        FaultDisk disk = new FaultDisk("mem:1M");
        try (BlockIo io = new BlockIo(disk)) {
            io.write(0, blocks(2, 1));
            io.flush();
            io.write(BLOCK, blocks(2, 2));
        }
        assertEquals(2, byteAt(disk, BLOCK));
        Disk left = disk.afterPowerFailure();
        assertEquals(1, byteAt(left, 0));
        assertEquals(1, byteAt(left, BLOCK));
        assertEquals(0, byteAt(left, 2 * BLOCK));
    }

    @Test
    void shouldNotLetAFlushCoverAWriteThatWasStillInFlight() {
        FaultDisk disk = new FaultDisk("mem:1M");
        OffHeapRegion region = OffHeapRegion.allocate(BLOCK);
        region.buffer().setMemory(0, BLOCK, (byte) 9);
        try (DiskQueue queue = disk.openQueue(4, region)) {
            queue.write(0, region.address(), BLOCK, 1);
            queue.flush(2);
            queue.submit();
            assertEquals(2, queue.reap((token, result) -> {}, 4));
        }
        assertEquals(0, byteAt(disk.afterPowerFailure(), 0));
    }

    @Test
    void shouldStopAtTheWriteItWasToldTo() {
        FaultDisk disk = new FaultDisk("mem:1M").failPowerAtWrite(2);
        BlockIo io = new BlockIo(disk);
        io.write(0, blocks(1, 1));
        io.write(BLOCK, blocks(1, 2));
        assertThrows(FaultDisk.PowerFailure.class, () -> io.write(2 * BLOCK, blocks(1, 3)));
        assertThrows(FaultDisk.PowerFailure.class, () -> io.read(0, blocks(1, 0)));
        io.close();
        assertEquals(2, disk.writes());
    }

    @Test
    void shouldSometimesLoseKeepAndTearUnflushedWrites() {
        List<String> outcomes = new ArrayList<>();
        for (int seed = 0; seed < 50; seed++) {
            FaultDisk disk = new FaultDisk("mem:1M");
            try (BlockIo io = new BlockIo(disk)) {
                io.write(0, blocks(2, 1));
            }
            Disk left = disk.afterPowerFailure(new Random(seed));
            outcomes.add(byteAt(left, 0) + "" + byteAt(left, BLOCK));
        }
        assertTrue(outcomes.containsAll(List.of("00", "01", "10", "11")), outcomes.toString());
    }

    @Test
    void shouldDelayAndReorder() {
        FaultDisk disk = new FaultDisk("mem:1M").delayCompletions(3).reorderCompletions(5);
        OffHeapRegion region = OffHeapRegion.allocate(BLOCK);
        List<Long> tokens = new ArrayList<>();
        try (DiskQueue queue = disk.openQueue(8, region)) {
            for (int i = 0; i < 8; i++) {
                queue.read(0, region.address(), BLOCK, i);
            }
            queue.submit();
            for (int reap = 0; reap < 3; reap++) {
                assertEquals(0, queue.reap((token, result) -> {}, 8));
            }
            assertEquals(8, queue.reap((token, result) -> tokens.add(token), 8));
        }
        List<Long> inOrder = LongStream.range(0, 8).boxed().toList();
        assertTrue(!tokens.equals(inOrder) && tokens.containsAll(inOrder), tokens.toString());
    }
}
