package dev.diskcryptnet.atlas;

/**
 * Which session each entry of a table belongs to, and for each session the list of its entries in the order of issue,
 * which is the order in which they leave. A session has entries of one table at a time: the list's ends are fields of it.
 */
final class IssueOrder {
    /** No entry. */
    static final int NONE = -1;

    private final Session[] owner;
    private final int[] next;

    IssueOrder(int entries) {
        owner = new Session[entries];
        next = new int[entries];
    }

    /** Whose the entry is, or null. */
    Session owner(int entry) {
        return owner[entry];
    }

    void append(Session session, int entry) {
        owner[entry] = session;
        next[entry] = NONE;
        if (session.firstSlot == NONE) {
            session.firstSlot = entry;
        } else {
            next[session.lastSlot] = entry;
        }
        session.lastSlot = entry;
    }

    /** Takes the entry that must leave first off the session's list. */
    int removeFirst(Session session) {
        int entry = session.firstSlot;
        session.firstSlot = next[entry];
        owner[entry] = null;
        return entry;
    }
}
