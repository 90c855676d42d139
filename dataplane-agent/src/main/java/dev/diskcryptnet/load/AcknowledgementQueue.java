package dev.diskcryptnet.load;

/**
 * What a client has to acknowledge, in order: one entry per frame received. When it is full a connection's entries are
 * merged into one that covers all there is; each connection has room for one at any time.
 */
final class AcknowledgementQueue {
    private static final int FRAMES = 1 << 15;

    private final ClientConnection[] connections;
    /** Connection index in the upper half, acknowledgement number in the lower. */
    private final long[] entries;

    private final int mask;
    private int head;
    private int size;

    AcknowledgementQueue(ClientConnection[] connections) {
        this.connections = connections;
        int capacity = Integer.highestOneBit(FRAMES + 2 * connections.length - 1) << 1;
        entries = new long[capacity];
        mask = capacity - 1;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Adds an acknowledgement of all that the connection has received. */
    void offer(ClientConnection connection) {
        if (connection.queued > 0 && size >= FRAMES) {
            connection.merged = true;
            return;
        }
        connection.queued++;
        entries[head + size & mask] = (long) connection.index << 32 | connection.receiveNext & 0xFFFF_FFFFL;
        size++;
    }

    /** Connection of the oldest entry. */
    ClientConnection connection() {
        return connections[(int) (entries[head] >>> 32)];
    }

    /** Takes the oldest entry. @return the number to acknowledge */
    int poll() {
        ClientConnection connection = connection();
        int number = connection.merged ? connection.receiveNext : (int) entries[head];
        connection.queued--;
        connection.merged &= connection.queued > 0;
        head = head + 1 & mask;
        size--;
        return number;
    }
}
