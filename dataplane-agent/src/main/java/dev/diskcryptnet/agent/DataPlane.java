package dev.diskcryptnet.agent;

import java.time.Duration;

/** A node that streams, from open devices to running workers, as the process around it sees it. */
interface DataPlane extends AutoCloseable {
    /** Opens devices and starts workers. */
    @FunctionalInterface
    interface Starter {
        /**
         * Starts everything, or throws with nothing left open.
         *
         * @param onFailure to be called, from any thread, with the reason when a worker stops by itself
         */
        DataPlane start(java.util.function.Consumer<Throwable> onFailure) throws Exception;
    }

    /** Says to the outside whether new requests are welcome; a node that has started is not ready until it is told. */
    void setReady(boolean ready);

    /**
     * Accepts nothing new and lets running responses finish. One that has begun already is waited for, to its own end.
     *
     * @return whether all connections ended within {@code limit}
     */
    boolean drain(Duration limit) throws InterruptedException;

    /** Stops the workers and gives every device back. */
    @Override
    void close();
}
