package dev.diskcryptnet.atlas;

import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.PeerFarSide;
import dev.diskcryptnet.tcp.TcpSegment;
import dev.diskcryptnet.tcp.TcpSegmentCodec;
import dev.diskcryptnet.wire.ArpDescriptor;
import dev.diskcryptnet.wire.ArpFlyweight;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import dev.diskcryptnet.wire.MacAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A host at the far side of a port whose connections do what a test says: in what window they take bytes, when they
 * acknowledge them, and what they send. Loses nothing.
 */
final class ScriptedClient implements PeerFarSide {
    private static final long STATION = 0x02DC_0000_0003L;
    private static final int TCP_OFFSET = EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.HEADER_BYTES;
    private static final int PORT = 80;
    private static final int FIRST_PORT = 1024;
    private static final int PORTS = 65_536 - FIRST_PORT;

    private final IpAddress own;
    private final IpAddress server;
    private final Map<Integer, Connection> connections = new HashMap<>();
    private final ArrayDeque<UnsafeBuffer> frames = new ArrayDeque<>();
    private final TcpSegment received = new TcpSegment();
    private long serverStation = MacAddress.BROADCAST;
    private int opened;

    ScriptedClient(String own, String server) {
        this.own = IpAddress.parse(own);
        this.server = IpAddress.parse(server);
    }

    /** One connection; its numbers are offsets of the two streams. */
    final class Connection {
        private final int port;
        private int serverInitial;
        private long sent;
        boolean established;
        /** Of the server's stream, in order. */
        long receivedBytes;

        /** Of those, what {@link #acknowledge} has told of. */
        long acknowledgedBytes;

        boolean reset;
        boolean ended;
        /** What it says that it has room for. */
        int window = 65_535;
        /** Whether what arrives is acknowledged at once. */
        boolean acknowledges = true;
        /** It answers nothing at all any more. */
        boolean silent;

        private boolean finished;
        /** Status line of the first response. */
        String status = "";

        private Connection(int port) {
            this.port = port;
        }

        void send(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            transmit(TcpSegment.ACK | TcpSegment.PSH, sent, acknowledgedBytes, bytes);
            sent += bytes.length;
        }

        /** Bytes with a hole of {@code bytes} before them. */
        void sendAhead(int bytes, String text) {
            transmit(TcpSegment.ACK, sent + bytes, acknowledgedBytes, text.getBytes(StandardCharsets.US_ASCII));
        }

        /** It has nothing more to say. */
        void finish() {
            transmit(TcpSegment.ACK | TcpSegment.FIN, sent, acknowledgedBytes, new byte[0]);
            sent++;
            finished = true;
        }

        /** It breaks off. */
        void reset() {
            transmit(TcpSegment.RST, sent, 0, new byte[0]);
            reset = true;
        }

        /** Both sides have said that they are done, or one that it wants no more. */
        boolean isOver() {
            return reset || ended && finished;
        }

        /** All before {@code offset} has come, and there is room for {@link #window} more. */
        void acknowledge(long offset) {
            acknowledgedBytes = offset;
            transmit(TcpSegment.ACK, sent, offset, new byte[0]);
        }

        private void transmit(int flags, long offset, long acknowledged, byte[] payload) {
            TcpSegment segment = new TcpSegment();
            segment.clear();
            segment.flags = flags;
            segment.sequence = (int) offset + 1;
            segment.acknowledgement = serverInitial + 1 + (int) acknowledged + (ended ? 1 : 0);
            write(segment, payload);
        }

        private void write(TcpSegment segment, byte[] payload) {
            // What the codec writes as the source is our side, and here that is the client.
            segment.localPort = port;
            segment.remotePort = PORT;
            segment.window = window;
            int headerBytes = TcpSegmentCodec.headerBytes(segment);
            var frame = new UnsafeBuffer(new byte[TCP_OFFSET + headerBytes + payload.length]);
            EthernetFlyweight.write(frame, 0, serverStation, STATION, EthernetDescriptor.TYPE_IPV4);
            Ipv4Flyweight.write(
                    frame,
                    EthernetDescriptor.HEADER_BYTES,
                    Ipv4Descriptor.HEADER_BYTES + headerBytes + payload.length,
                    0,
                    64,
                    Ipv4Descriptor.PROTOCOL_TCP,
                    (int) own.low(),
                    (int) server.low());
            TcpSegmentCodec.encode(segment, frame, TCP_OFFSET);
            frame.putBytes(TCP_OFFSET + headerBytes, payload);
            frames.add(frame);
        }

        private void onSegment(DirectBuffer buffer, int payloadOffset, int payloadBytes) {
            if (received.has(TcpSegment.RST)) {
                reset = true;
                return;
            }
            if (silent) {
                return;
            }
            if (received.has(TcpSegment.SYN)) {
                serverInitial = received.sequence;
                established = true;
                acknowledge(0);
                return;
            }
            int ahead = received.sequence - (serverInitial + 1) - (int) receivedBytes;
            boolean probe = payloadBytes == 0 && ahead < 0;
            if (ahead <= 0 && ahead + payloadBytes > 0) {
                if (receivedBytes == 0 && payloadBytes >= 12) {
                    status = buffer.getStringWithoutLengthAscii(payloadOffset + 9, 3);
                }
                receivedBytes += ahead + payloadBytes;
            }
            boolean fin = received.has(TcpSegment.FIN) && ahead + payloadBytes >= 0;
            ended |= fin;
            if (acknowledges && payloadBytes > 0 || fin) {
                acknowledge(receivedBytes);
            } else if (probe) {
                acknowledge(acknowledgedBytes); // RFC 9293 3.8.6.1: also with a closed window
            }
        }
    }

    /** Opens a connection; it is there when the server has had its turn. */
    Connection connect(int window) {
        var connection = new Connection(FIRST_PORT + opened++ % PORTS);
        connections.put(connection.port, connection);
        connection.window = window;
        TcpSegment syn = new TcpSegment();
        syn.clear();
        syn.flags = TcpSegment.SYN;
        syn.sequence = 0;
        syn.maximumSegmentSize = 1460;
        syn.sackPermitted = true; // though it never has a hole to tell of
        connection.write(syn, new byte[0]);
        return connection;
    }

    /** The host knows a connection no more, and answers nothing about it. */
    void forget(Connection connection) {
        connections.remove(connection.port);
    }

    /** Makes itself known to the server, by asking for it. */
    void announce() {
        sendArp(ArpDescriptor.OPERATION_REQUEST);
    }

    private void sendArp(int operation) {
        var frame = new UnsafeBuffer(new byte[60]);
        EthernetFlyweight.write(frame, 0, serverStation, STATION, EthernetDescriptor.TYPE_ARP);
        ArpFlyweight.write(
                frame, EthernetDescriptor.HEADER_BYTES, operation, STATION, (int) own.low(), serverStation, (int)
                        server.low());
        frames.add(frame);
    }

    @Override
    public void onFrame(
            DirectBuffer buffer,
            int frameOffset,
            int frameBytes,
            int segmentBytes,
            int headerBytes,
            int checksumStart) {
        int packet = frameOffset + EthernetDescriptor.HEADER_BYTES;
        if (EthernetFlyweight.type(buffer, frameOffset) == EthernetDescriptor.TYPE_ARP) {
            serverStation = ArpFlyweight.senderHardware(buffer, packet);
            if (ArpFlyweight.operation(buffer, packet) == ArpDescriptor.OPERATION_REQUEST
                    && ArpFlyweight.targetProtocol(buffer, packet) == (int) own.low()) {
                sendArp(ArpDescriptor.OPERATION_REPLY);
            }
            return;
        }
        int tcp = frameOffset + TCP_OFFSET;
        int tcpBytes = frameBytes - TCP_OFFSET;
        int header = TcpSegmentCodec.decode(buffer, tcp, tcpBytes, received);
        Connection connection = connections.get(received.localPort);
        if (header > 0 && connection != null) {
            connection.onSegment(buffer, tcp + header, tcpBytes - header);
        }
    }

    @Override
    public int deliver(FrameHandler handler, int limit) {
        int count = Math.min(limit, frames.size());
        for (int i = 0; i < count; i++) {
            UnsafeBuffer frame = frames.poll();
            handler.onFrame(frame, 0, frame.capacity(), FrameHandler.CHECKSUM_GOOD);
        }
        return count;
    }
}
