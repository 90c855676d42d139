package dev.diskcryptnet.atlas;

/** What turns ranges of a session's send stream into frames. */
interface StreamSender {
    /** The session may have something to send. */
    void enqueue(Session session);
}
