package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.ffi.NativeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class WaiterTest {
    private static final long MS = 1_000_000L;

    @Test
    void shouldSleepForTheTimeoutAndNotLonger() {
        try (Waiter waiter = new Waiter()) {
            long start = System.nanoTime();
            assertEquals(0, waiter.await(20 * MS));
            long sleptNs = System.nanoTime() - start;
            assertTrue(sleptNs >= 19 * MS && sleptNs < 5_000 * MS, "sleptNs=" + sleptNs);
        }
    }

    @Test
    void shouldEndTheWaitOfAnotherThread() throws Exception {
        try (Waiter waiter = new Waiter()) {
            CompletableFuture<Integer> woken = CompletableFuture.supplyAsync(() -> waiter.await(-1));
            Thread.sleep(20);
            waiter.wakeUp();
            assertEquals(1, woken.get());
        }
    }

    @Test
    void shouldRememberAWakeUpUntilTheNextWaitAndNoLonger() {
        try (Waiter waiter = new Waiter()) {
            waiter.wakeUp();
            waiter.wakeUp();
            assertEquals(1, waiter.await(-1));
            assertEquals(0, waiter.await(0));
        }
    }

    @Test
    void shouldBeWokenOrClosedButNeverBothAtOnce() throws Exception {
        AtomicReference<Waiter> current = new AtomicReference<>(new Waiter());
        AtomicBoolean ended = new AtomicBoolean();
        CompletableFuture<Void> waking = CompletableFuture.runAsync(() -> {
            while (!ended.get()) {
                current.get().wakeUp(); // a descriptor that is closed already would throw
            }
        });
        for (int i = 0; i < 20_000 && !waking.isDone(); i++) {
            current.getAndSet(new Waiter()).close();
        }
        ended.set(true);
        waking.get();
        current.get().close();
    }

    @Test
    void shouldRefuseADescriptorThatIsNotOpenAndSkipNone() {
        try (Waiter waiter = new Waiter()) {
            assertThrows(IllegalArgumentException.class, () -> waiter.add(999_999, Waiter.POLLIN));
            waiter.add(-1, Waiter.POLLIN);
            assertEquals(0, waiter.await(0));
        }
    }

    @Test
    void shouldPinTheThreadThatAsks() throws Exception {
        CompletableFuture<String> allowed = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                LoopThread.pin(0);
                allowed.complete(Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                        .filter(line -> line.startsWith("Cpus_allowed_list:"))
                        .findFirst()
                        .orElseThrow());
            } catch (IOException | RuntimeException e) {
                allowed.completeExceptionally(e);
            }
        });
        thread.join();
        assertEquals("Cpus_allowed_list:\t0", allowed.get());
        NativeException refused = assertThrows(NativeException.class, () -> LoopThread.pin(1023));
        assertTrue(refused.getMessage().contains("cpu=1023"), refused.getMessage());
    }
}
