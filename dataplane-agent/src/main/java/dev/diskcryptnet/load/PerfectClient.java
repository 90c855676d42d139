package dev.diskcryptnet.load;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.PeerFarSide;
import dev.diskcryptnet.wire.ArpDescriptor;
import dev.diskcryptnet.wire.ArpFlyweight;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import dev.diskcryptnet.wire.TcpDescriptor;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * The best client a server can have, on the far side of a {@link dev.diskcryptnet.netmap.PeerPort}: N connections over
 * a link that loses nothing, a 16 MiB window each, one acknowledgement for each frame however large, and the next
 * request as soon as a response is complete. It reads heads and skips bodies, so that what is measured is the server;
 * under TLS it opens the records that heads are in, and skips the others.
 *
 * <p>Not a TCP for other uses: it never retransmits, and takes only what comes in order.
 */
public final class PerfectClient implements PeerFarSide, AutoCloseable {
    static final int FIN = 0x01;
    static final int SYN = 0x02;
    static final int RST = 0x04;
    static final int PSH = 0x08;
    static final int ACK = 0x10;

    private static final int FIRST_PORT = 1024;
    private static final int PORTS = 65_536 - FIRST_PORT;
    /** Connections opened by one {@link #deliver}. */
    private static final int OPEN_BATCH = 64;
    /** Distance between the initial sequence numbers of one port's connections, above what a request stream uses. */
    private static final int ISS_STEP = 1 << 24;

    private static final byte[] CLOSE_NOTIFY = {1, 0};
    private static final byte[] KEY_UPDATE_REQUESTED = {24, 0, 0, 1, 1};

    private final LoadConfig config;
    private final BodyCheck check;
    private final ClientFrames frames;
    private final ClientConnection[] connections;
    private final AcknowledgementQueue queue;
    private final Counter receivedBytes;
    private final Counter bodyBytes;
    private final Counter responses;
    private final Counter verified;
    private final Counter errors;
    private final Counter duplicates;
    private final Counter reopened;
    private final Counter keyUpdates;

    private boolean asked;
    private long serverStation = -1;
    private boolean arpReplyDue;
    private int opened;
    private int nextPath;
    private long started;

    /**
     * @param counters where what was received is counted
     * @param check looks at every {@link LoadConfig#verifyEvery}th response's body
     */
    public PerfectClient(LoadConfig config, CounterSet counters, BodyCheck check) {
        this.config = config;
        this.check = check;
        frames = new ClientFrames(config);
        connections = new ClientConnection[config.connections()];
        var shared = config.tls() == null ? null : new ClientRecords.Shared(config.tls());
        for (int i = 0; i < connections.length; i++) {
            connections[i] = new ClientConnection(i, config, shared == null ? null : new ClientRecords(shared));
        }
        queue = new AcknowledgementQueue(connections);
        receivedBytes = counters.counter("dcn_load_received_bytes", "bytes", "Frame bytes that the client received.");
        bodyBytes = counters.counter("dcn_load_body_bytes", "bytes", "Body bytes of responses.");
        responses = counters.counter("dcn_load_responses", "", "Complete responses.");
        verified = counters.counter("dcn_load_verified_responses", "", "Responses whose body was looked at and good.");
        errors = counters.counter("dcn_load_errors", "", "Responses or segments that were wrong.");
        duplicates = counters.counter("dcn_load_duplicates", "", "Segments that had come before.");
        reopened = counters.counter("dcn_load_reopened_connections", "", "Connections that the server ended.");
        keyUpdates = counters.counter("dcn_load_key_updates", "", "Times that the server replaced its key.");
    }

    /** Frame bytes received. */
    public long receivedBytes() {
        return receivedBytes.get();
    }

    /** Body bytes received. */
    public long bodyBytes() {
        return bodyBytes.get();
    }

    /** Complete responses. */
    public long responses() {
        return responses.get();
    }

    /** Responses whose body was looked at and was right. */
    public long verifiedResponses() {
        return verified.get();
    }

    /** Times that the server replaced its key. */
    public long keyUpdates() {
        return keyUpdates.get();
    }

    /** Connections that ended and were replaced. */
    public long reopenedConnections() {
        return reopened.get();
    }

    /**
     * Responses with other statuses than wanted, wrong bodies, resets, segments out of order; under TLS also records
     * that do not open, alerts, and a FIN without a close_notify.
     */
    public long errors() {
        return errors.get();
    }

    @Override
    public void onFrame(
            DirectBuffer buffer,
            int frameOffset,
            int frameBytes,
            int segmentBytes,
            int headerBytes,
            int checksumStart) {
        receivedBytes.add(frameBytes);
        int packet = frameOffset + EthernetDescriptor.HEADER_BYTES;
        int type = EthernetFlyweight.type(buffer, frameOffset);
        if (type == EthernetDescriptor.TYPE_ARP) {
            onArp(buffer, packet);
        } else if (type == EthernetDescriptor.TYPE_IPV4
                && Ipv4Flyweight.protocol(buffer, packet) == Ipv4Descriptor.PROTOCOL_TCP) {
            onSegment(buffer, packet, frameOffset + frameBytes);
        }
    }

    private void onArp(DirectBuffer buffer, int packet) {
        serverStation = ArpFlyweight.senderHardware(buffer, packet);
        frames.station(serverStation);
        arpReplyDue |= ArpFlyweight.operation(buffer, packet) == ArpDescriptor.OPERATION_REQUEST
                && ArpFlyweight.targetProtocol(buffer, packet)
                        == (int) config.client().low();
    }

    /** @param end of the frame: the packet's header does not tell the length of a long one */
    private void onSegment(DirectBuffer buffer, int packet, int end) {
        int tcp = packet + Ipv4Flyweight.headerBytes(buffer, packet);
        int port = buffer.getShort(tcp + TcpDescriptor.DESTINATION_PORT_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        ClientConnection connection = connections[Math.max(0, port - FIRST_PORT) % connections.length];
        if (connection.port != port || connection.state == ClientConnection.CLOSED) {
            return;
        }
        int flags = buffer.getByte(tcp + TcpDescriptor.FLAGS_OFFSET);
        int sequence = buffer.getInt(tcp + TcpDescriptor.SEQUENCE_OFFSET, ByteOrder.BIG_ENDIAN);
        int payload = tcp + ((buffer.getByte(tcp + TcpDescriptor.DATA_OFFSET_OFFSET) & 0xF0) >>> 2);
        if ((flags & RST) != 0 && connection.state == ClientConnection.SYN_SENT) {
            connection.state = ClientConnection.CLOSED; // refused, as by a server that drains: there is no asking again
        } else if ((flags & RST) != 0) {
            errors.increment();
            reopen(connection);
        } else if ((flags & SYN) != 0) {
            onSynAcknowledged(connection, sequence);
        } else if (end > payload || (flags & FIN) != 0) {
            onData(connection, buffer, payload, end - payload, sequence, (flags & FIN) != 0);
        }
    }

    private void onSynAcknowledged(ClientConnection connection, int sequence) {
        if (connection.state == ClientConnection.SYN_SENT) {
            connection.state = ClientConnection.ESTABLISHED;
            connection.receiveNext = sequence + 1;
            connection.acknowledged = sequence;
            connection.requestsDue = config.requestsAtOnce();
        }
        queue.offer(connection);
    }

    private void onData(
            ClientConnection connection, DirectBuffer buffer, int offset, int lengthBytes, int sequence, boolean fin) {
        int missing = sequence - connection.receiveNext;
        if (missing < 0 && missing + lengthBytes <= 0) {
            duplicates.increment(); // a server that this machine has kept waiting probes for a loss (RFC 8985 7)
            if (connection.state == ClientConnection.ESTABLISHED) {
                queue.offer(connection);
            }
            return;
        }
        if (connection.state != ClientConnection.ESTABLISHED || missing != 0) {
            errors.increment();
            return;
        }
        connection.receiveNext += lengthBytes;
        if (connection.records == null) {
            readResponses(connection, buffer, offset, lengthBytes);
        } else {
            readRecords(connection, buffer, offset, lengthBytes);
        }
        if (fin) {
            if (connection.records != null && !connection.records.isClosed()) {
                errors.increment(); // RFC 8446 6.1: without a close_notify the end may be anybody's
            }
            connection.receiveNext++;
            connection.state = ClientConnection.CLOSING;
        }
        queue.offer(connection);
    }

    private void readRecords(ClientConnection connection, DirectBuffer buffer, int offset, int lengthBytes) {
        ClientRecords records = connection.records;
        int position = 0;
        while (position < lengthBytes && connection.state == ClientConnection.ESTABLISHED) {
            long skippable =
                    connection.verifying || !connection.response.headDone() ? 0 : connection.response.bodyLeft();
            position += records.read(buffer, offset + position, lengthBytes - position, skippable);
            switch (records.event()) {
                case SEEN -> readResponses(connection, records.plaintext(), 0, records.plaintextBytes());
                case UNSEEN -> readBody(connection, records.plaintextBytes());
                case KEY_UPDATE -> keyUpdates.increment();
                case FAILED -> fail(connection);
                case NOTHING, CLOSE_NOTIFY -> {
                    // Nothing to read.
                }
            }
        }
    }

    private void readResponses(ClientConnection connection, DirectBuffer buffer, int offset, int lengthBytes) {
        int position = 0;
        while (position < lengthBytes && connection.state == ClientConnection.ESTABLISHED) {
            position += readResponse(connection, buffer, offset + position, lengthBytes - position);
        }
    }

    /** Reads of the current response what is there. @return bytes that belong to it */
    private int readResponse(ClientConnection connection, DirectBuffer buffer, int offset, int lengthBytes) {
        ResponseReader response = connection.response;
        if (connection.unanswered == 0) {
            fail(connection);
            return lengthBytes;
        }
        int headBytes = response.headDone() ? 0 : response.readHead(buffer, offset, lengthBytes);
        if (!response.headDone()) {
            return headBytes;
        }
        if (!response.isGood()) {
            fail(connection);
            return lengthBytes;
        }
        int body = (int) Math.min(lengthBytes - headBytes, response.bodyLeft());
        if (connection.verifying
                && body > 0
                && !check.isGood(connection.path(), response.bodyRead(), buffer, offset + headBytes, body)) {
            errors.increment();
            connection.verifying = false;
        }
        readBody(connection, body);
        return headBytes + body;
    }

    private void readBody(ClientConnection connection, int lengthBytes) {
        connection.response.readBody(lengthBytes);
        bodyBytes.add(lengthBytes);
        if (connection.response.bodyLeft() == 0) {
            complete(connection);
        }
    }

    private void complete(ClientConnection connection) {
        responses.increment();
        if (connection.verifying) {
            verified.increment();
        }
        connection.answered();
        if (connection.unanswered > 0) {
            beginResponse(connection);
        } else if (connection.requestsDue == 0) {
            connection.requestsDue = config.requestsAtOnce();
        }
    }

    private void beginResponse(ClientConnection connection) {
        started++;
        connection.verifying = config.verifyEvery() > 0 && started % config.verifyEvery() == 0;
    }

    /** What follows in the stream cannot be told: the connection is given up. */
    private void fail(ClientConnection connection) {
        errors.increment();
        connection.givenUp = true;
        connection.state = ClientConnection.CLOSING;
    }

    /**
     * Lets every connection replace its sending key and ask for a new one of the server (RFC 8446 4.6.3), before its
     * next request or acknowledgement. For the thread that calls {@link #deliver}; TLS 1.3 only.
     */
    public void updateKeys() {
        for (ClientConnection connection : connections) {
            if (connection.state == ClientConnection.ESTABLISHED) {
                connection.keyUpdateDue = true;
                queue.offer(connection);
            }
        }
    }

    @Override
    public int deliver(FrameHandler handler, int limit) {
        int delivered = 0;
        if (serverStation < 0) {
            if (asked || limit == 0) {
                return 0;
            }
            asked = true;
            frames.sendArp(handler, ArpDescriptor.OPERATION_REQUEST, 0);
            return 1;
        }
        if (arpReplyDue && limit > 0) {
            arpReplyDue = false;
            frames.sendArp(handler, ArpDescriptor.OPERATION_REPLY, serverStation);
            delivered++;
        }
        int openLimit = Math.min(connections.length, opened + Math.min(OPEN_BATCH, limit - delivered));
        while (opened < openLimit) {
            open(handler, connections[opened++]);
            delivered++;
        }
        while (delivered < limit && !queue.isEmpty()) {
            delivered += answer(handler);
        }
        return delivered;
    }

    /** Sends what the oldest entry of the queue calls for. @return frames sent, 0 to 1 */
    private int answer(FrameHandler handler) {
        ClientConnection connection = queue.connection();
        int acknowledged = queue.poll();
        if (connection.state == ClientConnection.CLOSED) {
            open(handler, connection);
            return 1;
        }
        boolean last = acknowledged == connection.receiveNext;
        if (connection.state == ClientConnection.CLOSING && last) {
            close(handler, connection);
        } else if (last && hasSomethingToSay(connection)) {
            say(handler, connection);
        } else if (acknowledged - connection.acknowledged > 0) {
            frames.sendAcknowledgement(handler, connection, acknowledged, 0);
            connection.acknowledged = acknowledged;
        } else {
            return 0;
        }
        return 1;
    }

    private static boolean hasSomethingToSay(ClientConnection connection) {
        return connection.state == ClientConnection.ESTABLISHED
                && (connection.firstRecord != null || connection.keyUpdateDue || connection.requestsDue > 0);
    }

    /** Sends one frame of what is to be said; its turn comes again for the rest. */
    private void say(FrameHandler handler, ClientConnection connection) {
        if (connection.firstRecord != null) {
            frames.sendBytes(handler, connection, connection.firstRecord);
            connection.firstRecord = null;
        } else if (connection.keyUpdateDue) {
            connection.keyUpdateDue = false;
            frames.sendRecord(handler, connection, PresetTls.HANDSHAKE, KEY_UPDATE_REQUESTED, 0);
            connection.records.updateWriteKey();
        } else {
            request(handler, connection);
        }
        if (hasSomethingToSay(connection)) {
            queue.offer(connection);
        }
    }

    private void request(FrameHandler handler, ClientConnection connection) {
        connection.requestsDue--;
        int path = nextPath;
        nextPath = nextPath + 1 == config.paths().size() ? 0 : nextPath + 1;
        connection.expect(path);
        if (connection.unanswered == 1) {
            beginResponse(connection);
        }
        frames.sendRequest(handler, connection, path);
    }

    private void close(FrameHandler handler, ClientConnection connection) {
        if (connection.givenUp) {
            // A FIN would have the server wait for an answer to its own, which nobody gives.
            frames.sendAcknowledgement(handler, connection, connection.receiveNext, RST);
        } else if (connection.records == null) {
            frames.sendAcknowledgement(handler, connection, connection.receiveNext, FIN);
        } else {
            frames.sendRecord(handler, connection, PresetTls.ALERT, CLOSE_NOTIFY, FIN);
        }
        reopen(connection);
    }

    private void open(FrameHandler handler, ClientConnection connection) {
        int generations = PORTS / connections.length;
        connection.port = FIRST_PORT + connection.generation % generations * connections.length + connection.index;
        connection.sendNext = connection.generation * ISS_STEP + 1;
        connection.generation++;
        connection.state = ClientConnection.SYN_SENT;
        connection.reset();
        frames.sendSyn(handler, connection);
    }

    /** The connection is done with: a new one takes its place when its turn in the queue comes. */
    private void reopen(ClientConnection connection) {
        reopened.increment();
        connection.state = ClientConnection.CLOSED;
        queue.offer(connection);
    }

    /** Wipes the keys. The client is done with. */
    @Override
    public void close() {
        for (ClientConnection connection : connections) {
            if (connection.records != null) {
                connection.records.close();
            }
        }
    }
}
