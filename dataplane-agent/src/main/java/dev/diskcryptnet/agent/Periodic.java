package dev.diskcryptnet.agent;

import java.time.Duration;

/** A thread of its own that does something now and again, from its start to its end. */
final class Periodic implements AutoCloseable {
    private final Duration interval;
    private final Runnable task;
    private final Thread thread;

    /**
     * Does not start yet.
     *
     * @param interval from the start to the first time, and from the end of one time to the next
     * @param task throws nothing, or the thread ends
     */
    Periodic(String name, Duration interval, Runnable task) {
        this.interval = interval;
        this.task = task;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(interval);
                task.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns when it runs no more. */
    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
