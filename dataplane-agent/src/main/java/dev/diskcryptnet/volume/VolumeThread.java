package dev.diskcryptnet.volume;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * The one thread that changes a volume which is being served. A disk queue belongs to the thread that uses it first, and
 * a volume keeps its queues, so opening, every write and closing happen here. Looking objects up may go on anywhere.
 */
public final class VolumeThread implements AutoCloseable {
    private final ExecutorService executor =
            Executors.newSingleThreadExecutor(Thread.ofPlatform().name("volume").factory());

    /** Runs {@code task} on the thread and waits; what it throws is thrown here. */
    public <T> T call(Supplier<T> task) {
        try {
            return CompletableFuture.supplyAsync(task, executor).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** As {@link #call}, without a result. */
    public void run(Runnable task) {
        call(() -> {
            task.run();
            return null;
        });
    }

    @Override
    public void close() {
        executor.close();
    }
}
