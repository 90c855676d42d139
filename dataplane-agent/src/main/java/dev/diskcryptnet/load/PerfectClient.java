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
 * request as soon as a response is complete. It reads heads and skips bodies, so that what is measured is the server.
 *
 * <p>Not a TCP for other uses: it never retransmits, and takes only what comes in order.
 */
public final class PerfectClient implements PeerFarSide {
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
    private final Counter reopened;

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
        for (int i = 0; i < connections.length; i++) {
            connections[i] = new ClientConnection(i);
        }
        queue = new AcknowledgementQueue(connections);
        receivedBytes = counters.counter("dcn_load_received_bytes", "bytes", "Frame bytes that the client received.");
        bodyBytes = counters.counter("dcn_load_body_bytes", "bytes", "Body bytes of responses.");
        responses = counters.counter("dcn_load_responses", "", "Complete responses.");
        verified = counters.counter("dcn_load_verified_responses", "", "Responses whose body was looked at and good.");
        errors = counters.counter("dcn_load_errors", "", "Responses or segments that were wrong.");
        reopened = counters.counter("dcn_load_reopened_connections", "", "Connections that the server ended.");
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

    /** Responses other than 200 and 206, wrong bodies, resets, and segments out of order. */
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
            onSegment(buffer, packet);
        }
    }

    private void onArp(DirectBuffer buffer, int packet) {
        serverStation = ArpFlyweight.senderHardware(buffer, packet);
        frames.station(serverStation);
        arpReplyDue |= ArpFlyweight.operation(buffer, packet) == ArpDescriptor.OPERATION_REQUEST
                && ArpFlyweight.targetProtocol(buffer, packet)
                        == (int) config.client().low();
    }

    private void onSegment(DirectBuffer buffer, int packet) {
        int tcp = packet + Ipv4Flyweight.headerBytes(buffer, packet);
        int end = packet + Ipv4Flyweight.totalBytes(buffer, packet);
        int port = buffer.getShort(tcp + TcpDescriptor.DESTINATION_PORT_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        ClientConnection connection = connections[Math.max(0, port - FIRST_PORT) % connections.length];
        if (connection.port != port || connection.state == ClientConnection.CLOSED) {
            return;
        }
        int flags = buffer.getByte(tcp + TcpDescriptor.FLAGS_OFFSET);
        int sequence = buffer.getInt(tcp + TcpDescriptor.SEQUENCE_OFFSET, ByteOrder.BIG_ENDIAN);
        int payload = tcp + ((buffer.getByte(tcp + TcpDescriptor.DATA_OFFSET_OFFSET) & 0xF0) >>> 2);
        if ((flags & RST) != 0) {
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
            connection.requestDue = true;
        }
        queue.offer(connection);
    }

    private void onData(
            ClientConnection connection, DirectBuffer buffer, int offset, int lengthBytes, int sequence, boolean fin) {
        if (connection.state != ClientConnection.ESTABLISHED || sequence != connection.receiveNext) {
            errors.increment();
            return;
        }
        connection.receiveNext += lengthBytes;
        readResponse(connection, buffer, offset, lengthBytes);
        if (fin) {
            connection.receiveNext++;
            connection.state = ClientConnection.CLOSING;
        }
        queue.offer(connection);
    }

    private void readResponse(ClientConnection connection, DirectBuffer buffer, int offset, int lengthBytes) {
        ResponseReader response = connection.response;
        int position = 0;
        if (!response.headDone()) {
            position = response.readHead(buffer, offset, lengthBytes);
            if (!response.headDone()) {
                return;
            }
            if (!response.isGood()) {
                fail(connection);
                return;
            }
        }
        int body = lengthBytes - position;
        if (body > response.bodyLeft()) {
            fail(connection);
            return;
        }
        if (connection.verifying && body > 0) {
            boolean good = check.isGood(connection.path, response.bodyRead(), buffer, offset + position, body);
            if (!good) {
                errors.increment();
                connection.verifying = false;
            }
        }
        response.readBody(body);
        bodyBytes.add(body);
        if (response.bodyLeft() == 0) {
            complete(connection);
        }
    }

    private void complete(ClientConnection connection) {
        responses.increment();
        if (connection.verifying) {
            verified.increment();
        }
        connection.response.reset();
        connection.requestDue = true;
    }

    /** What follows in the stream cannot be told: the connection is given up. */
    private void fail(ClientConnection connection) {
        errors.increment();
        connection.state = ClientConnection.CLOSING;
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
            frames.sendAcknowledgement(handler, connection.port, connection.sendNext, acknowledged, FIN);
            reopen(connection);
        } else if (connection.requestDue && last) {
            request(handler, connection);
        } else if (acknowledged - connection.acknowledged > 0) {
            frames.sendAcknowledgement(handler, connection.port, connection.sendNext, acknowledged, 0);
            connection.acknowledged = acknowledged;
        } else {
            return 0;
        }
        return 1;
    }

    private void request(FrameHandler handler, ClientConnection connection) {
        connection.requestDue = false;
        connection.path = nextPath;
        nextPath = nextPath + 1 == config.paths().size() ? 0 : nextPath + 1;
        started++;
        connection.verifying = config.verifyEvery() > 0 && started % config.verifyEvery() == 0;
        connection.acknowledged = connection.receiveNext;
        connection.sendNext += frames.sendRequest(
                handler, connection.path, connection.port, connection.sendNext, connection.receiveNext);
    }

    private void open(FrameHandler handler, ClientConnection connection) {
        int generations = PORTS / connections.length;
        connection.port = FIRST_PORT + connection.generation % generations * connections.length + connection.index;
        connection.sendNext = connection.generation * ISS_STEP + 1;
        connection.generation++;
        connection.state = ClientConnection.SYN_SENT;
        connection.requestDue = false;
        connection.response.reset();
        frames.sendSyn(handler, connection.port, connection.sendNext - 1);
    }

    /** The connection is done with: a new one takes its place when its turn in the queue comes. */
    private void reopen(ClientConnection connection) {
        reopened.increment();
        connection.state = ClientConnection.CLOSED;
        queue.offer(connection);
    }
}
