package dev.diskcryptnet.load;

/** The client's side of one connection. It is replaced by a new one, on another port, when the server closes it. */
final class ClientConnection {
    static final int CLOSED = 0;
    static final int SYN_SENT = 1;
    static final int ESTABLISHED = 2;
    /** The server closed its side: our FIN goes out with the next acknowledgement. */
    static final int CLOSING = 3;

    final int index;
    final ResponseReader response = new ResponseReader();
    int state = CLOSED;
    int port;
    int generation;
    int sendNext;
    int receiveNext;
    int acknowledged;
    int path;
    boolean requestDue;
    boolean verifying;
    /** Acknowledgements of this connection that wait in the queue. */
    int queued;
    /** There was no room for one acknowledgement per frame: the next one covers all there is. */
    boolean merged;

    ClientConnection(int index) {
        this.index = index;
    }
}
