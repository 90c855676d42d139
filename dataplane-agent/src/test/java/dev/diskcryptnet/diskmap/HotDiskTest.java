package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HotDiskTest {
    private static final int BLOCK = 4096;
    private static final int ENODEV = 19;

    private final OffHeapRegion region = OffHeapRegion.allocate(16 * BLOCK);
    private final List<Integer> results = new ArrayList<>();
    private long nowNs = 1;

    private void read(DiskQueue queue, int count) {
        for (int i = 0; i < count; i++) {
            assertTrue(queue.read((long) i * BLOCK, region.address() + i * BLOCK, BLOCK, i));
        }
        queue.submit();
    }

    private void reap(DiskQueue queue, int count) {
        while (results.size() < count) {
            queue.reap((token, result) -> results.add(result), 16);
        }
        assertEquals(count, results.size());
    }

    private static Disk memory() {
        return Disks.open("mem:1M?seed=3", OpenMode.READ_ONLY);
    }

    private void letGo(HotDisk disk) {
        assertFalse(disk.detach(nowNs));
        nowNs += HotDisk.GRACE_NS;
        assertTrue(disk.detach(nowNs));
    }

    @Test
    void shouldEndCommandsWhileDeviceIsAwayAndCarryThemOutAgainAfterwards() {
        var disk = new HotDisk(memory());
        try (DiskQueue queue = disk.openQueue(4, region)) {
            read(queue, 2);
            reap(queue, 2);
            letGo(disk);
            assertEquals(DiskHealth.State.GONE, disk.health().state());
            results.clear();
            read(queue, 4);
            assertEquals(4, queue.inFlight());
            assertFalse(queue.read(0, region.address(), BLOCK, 9), "full is full");
            reap(queue, 4);
            assertEquals(List.of(-ENODEV, -ENODEV, -ENODEV, -ENODEV), results);
            assertThrows(IllegalArgumentException.class, () -> queue.read(1, region.address(), BLOCK, 0));

            disk.attach(memory());
            assertEquals(1, disk.generation());
            results.clear();
            read(queue, 3);
            reap(queue, 3);
            assertEquals(List.of(BLOCK, BLOCK, BLOCK), results);
        }
        disk.close();
    }

    @Test
    void shouldNotLetGoBeforeCommandsHaveEnded() {
        var device = new FaultDisk("mem:1M").delayCompletions(1);
        var disk = new HotDisk(device);
        DiskQueue queue = disk.openQueue(4, region);
        read(queue, 3);
        assertFalse(disk.detach(nowNs));
        nowNs += 2 * HotDisk.GRACE_NS;
        assertFalse(disk.detach(nowNs), "three are in flight");
        reap(queue, 3);
        assertEquals(List.of(BLOCK, BLOCK, BLOCK), results);
        letGo(disk);
        queue.close();
        disk.close();
    }

    @Test
    void shouldRefuseDeviceThatCommandsDoNotSuit() {
        var disk = new HotDisk(memory());
        DiskQueue queue = disk.openQueue(4, region);
        letGo(disk);
        Disk other = Disks.open("mem:2M", OpenMode.READ_ONLY);
        String why = assertThrows(IllegalArgumentException.class, () -> disk.attach(other))
                .getMessage();
        assertTrue(why.contains("capacityBytes=2097152"), why);
        assertTrue(disk.isAway());
        queue.close();
        disk.close();
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldAnswerEachCommandOnceWhileDevicesComeAndGo() throws Exception {
        var disk = new HotDisk(memory());
        var rounds = new AtomicInteger();
        var well = new AtomicInteger();
        var lost = new AtomicInteger();
        var failure = new Throwable[1];
        Thread owner = new Thread(() -> {
            try (DiskQueue queue = disk.openQueue(8, region)) {
                var pending = new boolean[8];
                for (int i = 0; rounds.get() < 300; i++) {
                    int slot = i & 7;
                    if (!pending[slot] && queue.read(slot * BLOCK, region.address() + slot * BLOCK, BLOCK, slot)) {
                        pending[slot] = true;
                    }
                    queue.submit();
                    queue.reap(
                            (token, result) -> {
                                if (!pending[(int) token]) {
                                    throw new AssertionError("token=" + token + " came twice");
                                }
                                pending[(int) token] = false;
                                (result == BLOCK ? well : lost).incrementAndGet();
                            },
                            8);
                }
                while (queue.inFlight() > 0) {
                    queue.submit();
                    queue.reap((token, result) -> pending[(int) token] = false, 8);
                }
                for (boolean one : pending) {
                    assertFalse(one, "a command was never answered");
                }
            } catch (Throwable e) {
                failure[0] = e;
            }
        });
        owner.start();
        while (rounds.get() < 300 && owner.isAlive()) {
            nowNs += HotDisk.GRACE_NS;
            if (disk.detach(nowNs)) {
                disk.attach(memory());
                for (int before = well.get(); well.get() == before && owner.isAlive(); ) {
                    Thread.onSpinWait(); // until the owner has found it
                }
                rounds.incrementAndGet();
            }
        }
        owner.join();
        assertEquals(null, failure[0]);
        assertTrue(well.get() > 0 && lost.get() > 0, well + " " + lost);
        disk.close();
    }
}
