package dev.diskcryptnet.load;

/** The client's side of one connection. It is replaced by a new one, on another port, when the server closes it. */
final class ClientConnection {
    static final int CLOSED = 0;
    static final int SYN_SENT = 1;
    static final int ESTABLISHED = 2;
    /** The server closed its side: our FIN goes out with the next acknowledgement. */
    static final int CLOSING = 3;

    final int index;
    final ResponseReader response;
    /** Null in plain HTTP. */
    final ClientRecords records;
    /** Paths of the requests that are answered next, from {@link #firstPath} on, cyclic. */
    private final int[] paths;

    private int firstPath;
    /** Requests that are not answered. */
    int unanswered;
    /** Requests that are to be sent. */
    int requestsDue;
    /** The client's first record, which is to be sent before anything else; else null. */
    byte[] firstRecord;
    /** A KeyUpdate is to be sent. */
    boolean keyUpdateDue;
    /** What the server sent was wrong: a reset goes out in place of our FIN. */
    boolean givenUp;

    int state = CLOSED;
    int port;
    int generation;
    int sendNext;
    int receiveNext;
    int acknowledged;
    /** The current response's body is looked at. */
    boolean verifying;
    /** Acknowledgements of this connection that wait in the queue. */
    int queued;
    /** There was no room for one acknowledgement per frame: the next one covers all there is. */
    boolean merged;

    /** @param records null in plain HTTP */
    ClientConnection(int index, LoadConfig config, ClientRecords records) {
        this.index = index;
        this.response = new ResponseReader(config.statuses());
        this.records = records;
        this.paths = new int[config.requestsAtOnce()];
    }

    /** A request was sent. */
    void expect(int path) {
        paths[(firstPath + unanswered) % paths.length] = path;
        unanswered++;
    }

    /** What the current response answers. */
    int path() {
        return paths[firstPath];
    }

    /** The current response is complete. */
    void answered() {
        firstPath = (firstPath + 1) % paths.length;
        unanswered--;
        response.reset();
    }

    /** Begins anew, on another port. */
    void reset() {
        unanswered = 0;
        requestsDue = 0;
        keyUpdateDue = false;
        givenUp = false;
        firstRecord = records == null ? null : records.begin();
        response.reset();
    }
}
