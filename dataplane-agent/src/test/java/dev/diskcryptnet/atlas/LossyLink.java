package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.PeerFarSide;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.Ipv4Descriptor;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import dev.diskcryptnet.wire.TcpDescriptor;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A link that loses, doubles and reorders packets, between a port that leaves segmentation to it and a client that takes
 * only what comes in order. It holds back what came too early, and tells the server by selective acknowledgements
 * (RFC 2018). What the client says arrives, but for some bare acknowledgements.
 */
final class LossyLink implements PeerFarSide {
    private static final int FIN = 0x01;
    private static final int SYN = 0x02;
    private static final int RST = 0x04;
    private static final int ACK = 0x10;
    private static final int TCP_OFFSET = EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.HEADER_BYTES;
    private static final int HEADERS_BYTES = TCP_OFFSET + TcpDescriptor.MIN_HEADER_BYTES;
    private static final int MAX_SACK_BLOCKS = 3;
    private static final int MAX_HELD_PACKETS = 20;

    /** Probabilities, 0 to 1. */
    record Faults(double drop, double duplicate, double reorder) {
        static final Faults NONE = new Faults(0, 0, 0);
    }

    private final PeerFarSide client;
    private final Faults faults;
    private final Random random;
    private final SendLedger ledger;
    private final Map<Integer, Flow> flows = new HashMap<>();
    private final Set<Flow> acknowledgementsDue = new LinkedHashSet<>();
    private final List<Held> held = new ArrayList<>();
    private final OffHeapRegion scratch = OffHeapRegion.allocate(1 << 17);
    private final UnsafeBuffer acknowledgement = new UnsafeBuffer(new byte[HEADERS_BYTES + 28]);
    private FrameHandler handler;
    private int dropped;
    /** What clients say is withheld, all but their acknowledgements: the server finds them idle. */
    boolean muted;

    /** A packet of a send stream; {@code headers} are Ethernet's, IP's and TCP's. */
    private record Packet(Flow flow, long offset, byte[] headers, byte[] payload, boolean fin) {
        long end() {
            return offset + payload.length;
        }
    }

    private static final class Held {
        private final Packet packet;
        private int packetsLeft;

        Held(Packet packet, int packetsLeft) {
            this.packet = packet;
            this.packetsLeft = packetsLeft;
        }
    }

    /** One connection. Offsets are of its send stream. */
    private static final class Flow {
        private final int port;
        private final int firstSequence;
        private long next;
        private boolean finished;
        private int clientNext;
        private final TreeMap<Long, Packet> ahead = new TreeMap<>();
        /** Of the SYN-ACK: whose addresses an acknowledgement goes to. */
        private final byte[] headers;

        Flow(int port, int firstSequence, byte[] headers) {
            this.port = port;
            this.firstSequence = firstSequence;
            this.headers = headers;
        }

        int acknowledged() {
            return firstSequence + (int) next + (finished ? 1 : 0);
        }
    }

    /** @param ledger where all that is sent is noted; null for nowhere */
    LossyLink(PeerFarSide client, Faults faults, long seed, SendLedger ledger) {
        this.client = client;
        this.faults = faults;
        this.random = new Random(seed);
        this.ledger = ledger;
    }

    /** Packets that were lost. */
    int dropped() {
        return dropped;
    }

    // ---- what the server sends

    @Override
    public void onFrame(
            DirectBuffer buffer,
            int frameOffset,
            int frameBytes,
            int segmentBytes,
            int headerBytes,
            int checksumStart) {
        int ip = frameOffset + EthernetDescriptor.HEADER_BYTES;
        if (EthernetFlyweight.type(buffer, frameOffset) != EthernetDescriptor.TYPE_IPV4) {
            client.onFrame(buffer, frameOffset, frameBytes, segmentBytes, headerBytes, checksumStart);
            return;
        }
        int tcp = ip + Ipv4Descriptor.HEADER_BYTES;
        int flags = buffer.getByte(tcp + TcpDescriptor.FLAGS_OFFSET);
        int payload = tcp + headerBytes(buffer, tcp);
        int length = ip + Ipv4Flyweight.totalBytes(buffer, ip) - payload;
        int port = port(buffer, tcp + TcpDescriptor.DESTINATION_PORT_OFFSET);
        int sequence = buffer.getInt(tcp + TcpDescriptor.SEQUENCE_OFFSET, ByteOrder.BIG_ENDIAN);
        byte[] headers = new byte[payload - frameOffset];
        buffer.getBytes(frameOffset, headers);
        if ((flags & SYN) != 0) {
            begin(port, sequence, headers);
        }
        boolean stream = (flags & (SYN | RST)) == 0 && (length > 0 || (flags & FIN) != 0);
        if (!stream || !flows.containsKey(port)) {
            client.onFrame(buffer, frameOffset, frameBytes, segmentBytes, headerBytes, checksumStart);
            return;
        }
        segment(flows.get(port), headers, sequence, buffer, payload, length, segmentBytes, (flags & FIN) != 0);
    }

    private void begin(int port, int sequence, byte[] headers) {
        Flow known = flows.get(port);
        if (known != null && known.firstSequence == sequence + 1) {
            return;
        }
        flows.put(port, new Flow(port, sequence + 1, headers));
        if (ledger != null) {
            ledger.begin(port);
        }
    }

    private static int headerBytes(DirectBuffer buffer, int tcp) {
        return (buffer.getByte(tcp + TcpDescriptor.DATA_OFFSET_OFFSET) & 0xF0) >>> 2;
    }

    private static int port(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    /** Cuts a frame into packets, as a network card would. */
    private void segment(
            Flow flow,
            byte[] headers,
            int sequence,
            DirectBuffer buffer,
            int payload,
            int length,
            int segmentBytes,
            boolean fin) {
        long offset = flow.next + (sequence - (flow.firstSequence + (int) flow.next));
        if (ledger != null && length > 0) {
            ledger.sent(flow.port, offset, buffer, payload, length);
        }
        int most = segmentBytes == 0 ? Math.max(1, length) : segmentBytes;
        int from = 0;
        do {
            byte[] bytes = new byte[Math.min(most, length - from)];
            buffer.getBytes(payload + from, bytes);
            boolean last = from + bytes.length == length;
            transmit(new Packet(flow, offset + from, headers, bytes, fin && last));
            from += bytes.length;
        } while (from < length);
    }

    private void transmit(Packet packet) {
        if (random.nextDouble() < faults.drop) {
            dropped++;
        } else if (random.nextDouble() < faults.reorder) {
            held.add(new Held(packet, 1 + random.nextInt(MAX_HELD_PACKETS)));
        } else {
            arrive(packet);
        }
        if (random.nextDouble() < faults.duplicate) {
            held.add(new Held(packet, 1));
        }
        passHeld(1);
    }

    private void passHeld(int packets) {
        for (int i = held.size() - 1; i >= 0; i--) {
            held.get(i).packetsLeft -= packets;
            if (held.get(i).packetsLeft <= 0) {
                arrive(held.remove(i).packet);
            }
        }
    }

    // ---- what the client's TCP makes of it

    private void arrive(Packet packet) {
        Flow flow = packet.flow;
        if (flows.get(flow.port) != flow) {
            return;
        }
        boolean news = packet.end() > flow.next || packet.fin && !flow.finished;
        if (!news || packet.offset > flow.next) {
            if (news) {
                flow.ahead.merge(
                        packet.offset,
                        packet,
                        (one, other) -> one.end() + (one.fin ? 1 : 0) > other.end() ? one : other);
            }
            acknowledgementsDue.add(flow);
            return;
        }
        forward(packet);
        while (!flow.ahead.isEmpty() && flow.ahead.firstKey() <= flow.next) {
            forward(flow.ahead.pollFirstEntry().getValue());
        }
    }

    private void forward(Packet packet) {
        Flow flow = packet.flow;
        int known = (int) Math.min(flow.next - packet.offset, packet.payload.length);
        int length = packet.payload.length - known;
        if (length == 0 && (!packet.fin || flow.finished)) {
            return;
        }
        UnsafeBuffer frame = scratch.buffer();
        frame.putBytes(0, packet.headers);
        frame.putBytes(packet.headers.length, packet.payload, known, length);
        int ipBytes = packet.headers.length - EthernetDescriptor.HEADER_BYTES + length;
        frame.putShort(
                EthernetDescriptor.HEADER_BYTES + Ipv4Descriptor.TOTAL_LENGTH_OFFSET,
                (short) ipBytes,
                ByteOrder.BIG_ENDIAN);
        frame.putInt(
                TCP_OFFSET + TcpDescriptor.SEQUENCE_OFFSET, flow.firstSequence + (int) flow.next, ByteOrder.BIG_ENDIAN);
        frame.putByte(TCP_OFFSET + TcpDescriptor.FLAGS_OFFSET, (byte) (packet.fin ? ACK | FIN : ACK));
        flow.next += length;
        flow.finished |= packet.fin;
        client.onFrame(frame, 0, packet.headers.length + length, 0, packet.headers.length, 0);
    }

    // ---- what the client says

    @Override
    public int deliver(FrameHandler to, int limit) {
        passHeld(1);
        int delivered = 0;
        for (Flow flow : List.copyOf(acknowledgementsDue)) {
            if (delivered < limit) {
                acknowledgementsDue.remove(flow);
                sendAcknowledgement(to, flow);
                delivered++;
            }
        }
        handler = to;
        return delivered + client.deliver(this::onClientFrame, limit - delivered);
    }

    private void onClientFrame(DirectBuffer buffer, int offset, int lengthBytes, int flags) {
        if (EthernetFlyweight.type(buffer, offset) != EthernetDescriptor.TYPE_IPV4
                || !isLost(buffer, offset, lengthBytes)) {
            handler.onFrame(buffer, offset, lengthBytes, flags);
        }
    }

    private boolean isLost(DirectBuffer buffer, int offset, int lengthBytes) {
        int tcp = offset + TCP_OFFSET;
        int flags = buffer.getByte(tcp + TcpDescriptor.FLAGS_OFFSET);
        int port = port(buffer, tcp + TcpDescriptor.SOURCE_PORT_OFFSET);
        int payload = tcp + headerBytes(buffer, tcp);
        int payloadBytes = offset + lengthBytes - payload;
        Flow flow = (flags & SYN) != 0 ? null : flows.get(port);
        if (flow == null) {
            return false;
        }
        if (payloadBytes == 0) {
            flow.clientNext = buffer.getInt(tcp + TcpDescriptor.SEQUENCE_OFFSET, ByteOrder.BIG_ENDIAN) + (flags & FIN);
            boolean lost = flags == ACK && random.nextDouble() < faults.drop;
            dropped += lost ? 1 : 0;
            return lost;
        }
        if (muted) {
            acknowledgementsDue.add(flow);
            return true;
        }
        flow.clientNext =
                buffer.getInt(tcp + TcpDescriptor.SEQUENCE_OFFSET, ByteOrder.BIG_ENDIAN) + payloadBytes + (flags & FIN);
        if (ledger != null) {
            ledger.received(port, buffer, payload, payloadBytes);
        }
        return false;
    }

    private void sendAcknowledgement(FrameHandler to, Flow flow) {
        List<long[]> blocks = blocks(flow);
        int optionBytes = blocks.isEmpty() ? 0 : 4 + TcpDescriptor.SACK_BLOCK_BYTES * blocks.size();
        UnsafeBuffer frame = acknowledgement;
        UnsafeBuffer sent = new UnsafeBuffer(flow.headers);
        long clientStation = dev.diskcryptnet.wire.MacAddress.get(sent, 0);
        long serverStation = dev.diskcryptnet.wire.MacAddress.get(sent, 6);
        EthernetFlyweight.write(frame, 0, serverStation, clientStation, EthernetDescriptor.TYPE_IPV4);
        Ipv4Flyweight.write(
                frame,
                EthernetDescriptor.HEADER_BYTES,
                Ipv4Descriptor.HEADER_BYTES + TcpDescriptor.MIN_HEADER_BYTES + optionBytes,
                0,
                64,
                Ipv4Descriptor.PROTOCOL_TCP,
                Ipv4Flyweight.destination(sent, EthernetDescriptor.HEADER_BYTES),
                Ipv4Flyweight.source(sent, EthernetDescriptor.HEADER_BYTES));
        int tcp = TCP_OFFSET;
        frame.putShort(tcp, (short) flow.port, ByteOrder.BIG_ENDIAN);
        frame.putShort(tcp + 2, sent.getShort(TCP_OFFSET), ByteOrder.nativeOrder());
        frame.putInt(tcp + TcpDescriptor.SEQUENCE_OFFSET, flow.clientNext, ByteOrder.BIG_ENDIAN);
        frame.putInt(tcp + TcpDescriptor.ACKNOWLEDGEMENT_OFFSET, flow.acknowledged(), ByteOrder.BIG_ENDIAN);
        frame.putByte(tcp + TcpDescriptor.DATA_OFFSET_OFFSET, (byte)
                ((TcpDescriptor.MIN_HEADER_BYTES + optionBytes) / 4 << 4));
        frame.putByte(tcp + TcpDescriptor.FLAGS_OFFSET, (byte) ACK);
        frame.putShort(tcp + TcpDescriptor.WINDOW_OFFSET, (short) 65_535, ByteOrder.BIG_ENDIAN);
        putBlocks(frame, tcp + TcpDescriptor.OPTIONS_OFFSET, flow, blocks);
        to.onFrame(frame, 0, HEADERS_BYTES + optionBytes, FrameHandler.CHECKSUM_GOOD);
    }

    private static void putBlocks(UnsafeBuffer frame, int at, Flow flow, List<long[]> blocks) {
        int option = TcpDescriptor.OPTION_NOP << 24
                | TcpDescriptor.OPTION_NOP << 16
                | TcpDescriptor.OPTION_SACK << 8
                | TcpDescriptor.OPTION_SACK_HEADER_BYTES + TcpDescriptor.SACK_BLOCK_BYTES * blocks.size();
        int next = at + 4;
        for (long[] block : blocks) {
            frame.putInt(at, option, ByteOrder.BIG_ENDIAN);
            frame.putInt(next, flow.firstSequence + (int) block[0], ByteOrder.BIG_ENDIAN);
            frame.putInt(next + 4, flow.firstSequence + (int) block[1], ByteOrder.BIG_ENDIAN);
            next += TcpDescriptor.SACK_BLOCK_BYTES;
        }
    }

    /** The lowest ranges that came too early. */
    private static List<long[]> blocks(Flow flow) {
        List<long[]> blocks = new ArrayList<>();
        for (Packet packet : flow.ahead.values()) {
            long[] last = blocks.isEmpty() ? null : blocks.getLast();
            if (last != null && packet.offset <= last[1]) {
                last[1] = Math.max(last[1], packet.end());
            } else if (blocks.size() < MAX_SACK_BLOCKS) {
                blocks.add(new long[] {packet.offset, packet.end()});
            } else {
                break;
            }
        }
        blocks.removeIf(block -> block[0] == block[1]);
        return blocks;
    }
}
