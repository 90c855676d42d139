package dev.diskcryptnet.atlas;

/** First-in first-out queue of sessions; each is in it at most once. */
final class SessionQueue {
    private final int flag;
    private Session[] ring = new Session[64];
    private int head;
    private int size;

    /** @param flag bit of {@link Session#queues} that says that a session is in this queue */
    SessionQueue(int flag) {
        this.flag = flag;
    }

    boolean contains(Session session) {
        return (session.queues & flag) != 0;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    void add(Session session) {
        if (contains(session)) {
            return;
        }
        if (size == ring.length) {
            grow();
        }
        session.queues |= flag;
        ring[(head + size++) & (ring.length - 1)] = session;
    }

    Session peek() {
        return ring[head];
    }

    Session remove() {
        Session session = ring[head];
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        size--;
        session.queues &= ~flag;
        return session;
    }

    private void grow() {
        Session[] grown = new Session[ring.length * 2];
        for (int i = 0; i < size; i++) {
            grown[i] = ring[(head + i) & (ring.length - 1)];
        }
        ring = grown;
        head = 0;
    }
}
