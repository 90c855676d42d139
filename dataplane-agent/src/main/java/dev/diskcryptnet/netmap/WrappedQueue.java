package dev.diskcryptnet.netmap;

/** A queue in front of another one: what is not overridden is passed on. */
abstract class WrappedQueue implements PortQueue {
    final PortQueue queue;

    /** @param queue what is wrapped; closed with this */
    WrappedQueue(PortQueue queue) {
        this.queue = queue;
    }

    @Override
    public int flush() {
        return queue.flush();
    }

    @Override
    public boolean linkUp() {
        return queue.linkUp();
    }

    @Override
    public long receiveDropped() {
        return queue.receiveDropped();
    }

    @Override
    public PortStatistics statistics() {
        return queue.statistics();
    }

    @Override
    public int waitDescriptor() {
        return queue.waitDescriptor();
    }

    @Override
    public void close() {
        queue.close();
    }
}
