package dev.diskcryptnet.load;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.wire.ArpDescriptor;
import dev.diskcryptnet.wire.ArpFlyweight;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import dev.diskcryptnet.wire.MacAddress;
import dev.diskcryptnet.wire.TcpDescriptor;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The frames a client sends, made once: only ports, numbers and flags are filled in. Their IP checksums are right; TCP
 * checksums are left out, as the frame never leaves the process.
 */
final class ClientFrames {
    /** A locally administered station address (IEEE 802 8.4). */
    static final long STATION = 0x02DC_0000_0002L;

    /** Window of 16 MiB: 65535 scaled by 2^8 (RFC 7323 2.2). */
    private static final int WINDOW = 65_535;

    private static final int WINDOW_SCALE = 8;
    private static final int SEGMENT_BYTES = 1460;
    private static final int SYN_OPTIONS_BYTES = 12;

    private static final int TCP_OFFSET = EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.HEADER_BYTES;
    private static final int HEADERS_BYTES = TCP_OFFSET + TcpDescriptor.MIN_HEADER_BYTES;

    private final LoadConfig config;
    private final UnsafeBuffer arp = new UnsafeBuffer(new byte[60]);
    private final UnsafeBuffer syn = new UnsafeBuffer(new byte[HEADERS_BYTES + SYN_OPTIONS_BYTES]);
    private final UnsafeBuffer acknowledgement = new UnsafeBuffer(new byte[HEADERS_BYTES]);
    private final UnsafeBuffer[] requests;
    /** A frame that is written anew each time. Off heap, as the server reads records where they lie. */
    private final OffHeapRegion payload = OffHeapRegion.allocate(HEADERS_BYTES + ClientRecords.MAX_RECORD_BYTES);

    private final OffHeapRegion plaintext = OffHeapRegion.allocate(ClientRecords.MAX_PLAINTEXT_BYTES);

    private long station = MacAddress.BROADCAST;

    ClientFrames(LoadConfig config) {
        this.config = config;
        write(syn, SYN_OPTIONS_BYTES, 0);
        int options = TCP_OFFSET + TcpDescriptor.OPTIONS_OFFSET;
        syn.putInt(
                options,
                TcpDescriptor.OPTION_MAXIMUM_SEGMENT_SIZE << 24
                        | TcpDescriptor.OPTION_MAXIMUM_SEGMENT_SIZE_BYTES << 16
                        | SEGMENT_BYTES,
                ByteOrder.BIG_ENDIAN);
        syn.putInt(
                options + 4,
                TcpDescriptor.OPTION_NOP << 24
                        | TcpDescriptor.OPTION_WINDOW_SCALE << 16
                        | TcpDescriptor.OPTION_WINDOW_SCALE_BYTES << 8
                        | WINDOW_SCALE,
                ByteOrder.BIG_ENDIAN);
        syn.putInt(
                options + 8,
                TcpDescriptor.OPTION_NOP << 24
                        | TcpDescriptor.OPTION_NOP << 16
                        | TcpDescriptor.OPTION_SACK_PERMITTED << 8
                        | TcpDescriptor.OPTION_SACK_PERMITTED_BYTES,
                ByteOrder.BIG_ENDIAN);
        write(acknowledgement, 0, 0);
        requests = config.paths().stream().map(this::request).toArray(UnsafeBuffer[]::new);
    }

    private UnsafeBuffer request(String path) {
        String head = "GET " + path + " HTTP/1.1\r\nHost: " + config.server() + "\r\nUser-Agent: dcn-load\r\n\r\n";
        byte[] bytes = head.getBytes(StandardCharsets.US_ASCII);
        UnsafeBuffer frame = new UnsafeBuffer(new byte[HEADERS_BYTES + bytes.length]);
        write(frame, 0, bytes.length);
        frame.putBytes(HEADERS_BYTES, bytes);
        return frame;
    }

    private void write(UnsafeBuffer frame, int optionBytes, int payloadBytes) {
        int tcpBytes = TcpDescriptor.MIN_HEADER_BYTES + optionBytes;
        EthernetFlyweight.write(frame, 0, station, STATION, EthernetDescriptor.TYPE_IPV4);
        Ipv4Flyweight.write(
                frame,
                EthernetDescriptor.HEADER_BYTES,
                Ipv4Descriptor.HEADER_BYTES + tcpBytes + payloadBytes,
                0,
                64,
                Ipv4Descriptor.PROTOCOL_TCP,
                (int) config.client().low(),
                (int) config.server().low());
        frame.putShort(
                TCP_OFFSET + TcpDescriptor.DESTINATION_PORT_OFFSET, (short) config.serverPort(), ByteOrder.BIG_ENDIAN);
        frame.putByte(TCP_OFFSET + TcpDescriptor.DATA_OFFSET_OFFSET, (byte) (tcpBytes / 4 << 4));
        frame.putShort(TCP_OFFSET + TcpDescriptor.WINDOW_OFFSET, (short) WINDOW, ByteOrder.BIG_ENDIAN);
    }

    /** Sets the server's station in all frames. */
    void station(long station) {
        this.station = station;
        MacAddress.put(syn, 0, station);
        MacAddress.put(acknowledgement, 0, station);
        for (UnsafeBuffer request : requests) {
            MacAddress.put(request, 0, station);
        }
    }

    /** Asks for the server, which learns our station from it. */
    void sendArp(FrameHandler handler, int operation, long target) {
        long destination = operation == ArpDescriptor.OPERATION_REQUEST ? MacAddress.BROADCAST : target;
        EthernetFlyweight.write(arp, 0, destination, STATION, EthernetDescriptor.TYPE_ARP);
        ArpFlyweight.write(
                arp,
                EthernetDescriptor.HEADER_BYTES,
                operation,
                STATION,
                (int) config.client().low(),
                target,
                (int) config.server().low());
        handler.onFrame(arp, 0, arp.capacity(), 0);
    }

    void sendSyn(FrameHandler handler, ClientConnection connection) {
        send(handler, syn, connection.port, connection.sendNext - 1, 0, PerfectClient.SYN);
    }

    /** An acknowledgement with {@code flags} beside ACK. */
    void sendAcknowledgement(FrameHandler handler, ClientConnection connection, int acknowledged, int flags) {
        send(handler, acknowledgement, connection.port, connection.sendNext, acknowledged, PerfectClient.ACK | flags);
    }

    /** A request for one of {@link LoadConfig#paths}, in a record if there are records. Acknowledges all there is. */
    void sendRequest(FrameHandler handler, ClientConnection connection, int path) {
        UnsafeBuffer frame = requests[path];
        int lengthBytes = frame.capacity() - HEADERS_BYTES;
        if (connection.records == null) {
            sendPayload(handler, connection, frame, lengthBytes, 0);
            return;
        }
        plaintext.buffer().putBytes(0, frame, HEADERS_BYTES, lengthBytes);
        sendSealed(handler, connection, PresetTls.APPLICATION_DATA, lengthBytes, 0);
    }

    /** Bytes as they are. */
    void sendBytes(FrameHandler handler, ClientConnection connection, byte[] bytes) {
        payload.buffer().putBytes(HEADERS_BYTES, bytes);
        write(payload.buffer(), 0, bytes.length);
        sendPayload(handler, connection, payload.buffer(), bytes.length, 0);
    }

    /** A record of {@code type}, in a frame with {@code flags} beside ACK and PSH. */
    void sendRecord(FrameHandler handler, ClientConnection connection, int type, byte[] content, int flags) {
        plaintext.buffer().putBytes(0, content);
        sendSealed(handler, connection, type, content.length, flags);
    }

    private void sendSealed(FrameHandler handler, ClientConnection connection, int type, int lengthBytes, int flags) {
        long target = payload.address() + HEADERS_BYTES;
        int sealed = connection.records.seal(type, plaintext.address(), lengthBytes, target);
        write(payload.buffer(), 0, sealed);
        sendPayload(handler, connection, payload.buffer(), sealed, flags);
    }

    private static void sendPayload(
            FrameHandler handler, ClientConnection connection, UnsafeBuffer frame, int lengthBytes, int flags) {
        int allFlags = PerfectClient.ACK | PerfectClient.PSH | flags;
        send(handler, frame, connection.port, connection.sendNext, connection.receiveNext, allFlags);
        connection.sendNext += lengthBytes;
        connection.acknowledged = connection.receiveNext;
    }

    private static void send(
            FrameHandler handler, UnsafeBuffer frame, int port, int sequence, int acknowledged, int flags) {
        int packetBytes = Ipv4Flyweight.totalBytes(frame, EthernetDescriptor.HEADER_BYTES);
        frame.putShort(TCP_OFFSET + TcpDescriptor.SOURCE_PORT_OFFSET, (short) port, ByteOrder.BIG_ENDIAN);
        frame.putInt(TCP_OFFSET + TcpDescriptor.SEQUENCE_OFFSET, sequence, ByteOrder.BIG_ENDIAN);
        frame.putInt(TCP_OFFSET + TcpDescriptor.ACKNOWLEDGEMENT_OFFSET, acknowledged, ByteOrder.BIG_ENDIAN);
        frame.putByte(TCP_OFFSET + TcpDescriptor.FLAGS_OFFSET, (byte) flags);
        handler.onFrame(frame, 0, EthernetDescriptor.HEADER_BYTES + packetBytes, FrameHandler.CHECKSUM_GOOD);
    }
}
