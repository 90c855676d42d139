package dev.diskcryptnet.tls;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that compute handshakes, beside the loops: a fixed number, in front of them a queue of fixed length.
 * Thread-safe.
 */
public final class HandshakePool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HandshakePool.class);

    private final BlockingQueue<Job> queue;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    /** Hears of every step that was submitted, once, on the pool's thread: hands it to the connection's worker. */
    @FunctionalInterface
    public interface Listener {
        /** {@code step} is the listener's from now on, its takeover to be wiped by whoever uses it. */
        void onStep(Handshake handshake, HandshakeStep step);
    }

    private record Job(Handshake handshake, byte[] input, Listener listener) {
        void run() {
            listener.onStep(handshake, handshake.step(input));
        }
    }

    /**
     * Starts the threads.
     *
     * @param threads how many, above 0
     * @param queueLimit steps that may wait, above 0
     */
    public HandshakePool(int threads, int queueLimit) {
        if (threads < 1 || queueLimit < 1) {
            throw new IllegalArgumentException("threads=" + threads + " queueLimit=" + queueLimit + ": both above 0");
        }
        queue = new ArrayBlockingQueue<>(queueLimit);
        for (int i = 0; i < threads; i++) {
            this.threads.add(
                    Thread.ofPlatform().name("dcn-handshake-" + i).daemon().start(this::run));
        }
    }

    /**
     * Queues a step.
     *
     * @param input as for {@link Handshake#step}; not to be changed until the listener has been told
     * @return false when the queue is full or the pool closed: nothing happens then; try later, or abandon it
     * @throws IllegalStateException when the handshake has a step under way, or is over
     */
    public boolean submit(Handshake handshake, byte[] input, Listener listener) {
        handshake.queue();
        Job job = new Job(handshake, input, listener);
        // Removed again if close() came between: nobody would run it.
        if (!closed && queue.offer(job) && !(closed && queue.remove(job))) {
            return true;
        }
        handshake.unqueue();
        return false;
    }

    /** Steps that wait, for a gauge. */
    public int queued() {
        return queue.size();
    }

    private void run() {
        while (!closed) {
            try {
                queue.take().run();
            } catch (InterruptedException e) {
                return; // close() is the only one to interrupt
            } catch (RuntimeException e) {
                LOG.atError().setCause(e).log("handshake-step-lost");
            }
        }
    }

    /** Ends the threads, waiting for steps that run, and abandons what is queued; its listeners hear nothing. */
    @Override
    public void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        abandonQueued();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void abandonQueued() {
        for (Job job = queue.poll(); job != null; job = queue.poll()) {
            job.handshake.unqueue();
            job.handshake.abandon();
        }
    }
}
