package dev.diskcryptnet.atlas;

import java.util.Arrays;

/** All sessions of a lane, in no order; adding and removing cost O(1). */
final class SessionList {
    private Session[] sessions = new Session[64];
    private int size;

    int size() {
        return size;
    }

    Session get(int index) {
        return sessions[index];
    }

    void add(Session session) {
        if (size == sessions.length) {
            sessions = Arrays.copyOf(sessions, size * 2);
        }
        session.index = size;
        sessions[size++] = session;
    }

    void remove(Session session) {
        Session moved = sessions[--size];
        sessions[session.index] = moved;
        moved.index = session.index;
        sessions[size] = null;
    }
}
