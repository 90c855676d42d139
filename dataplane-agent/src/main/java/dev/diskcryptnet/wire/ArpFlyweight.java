package dev.diskcryptnet.wire;

import static dev.diskcryptnet.wire.ArpDescriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads and writes {@link ArpDescriptor}. {@code offset} is the packet's first byte; IPv4 addresses are ints. */
public final class ArpFlyweight {
    /** The first six bytes of every packet this class is for: Ethernet, IPv4, lengths 6 and 4. */
    private static final int TYPES = HARDWARE_ETHERNET << 16 | EthernetDescriptor.TYPE_IPV4;

    private static final int LENGTHS = MacAddress.BYTES << 8 | Integer.BYTES;

    private ArpFlyweight() {}

    /** Whether the packet is about IPv4 on Ethernet; {@code PACKET_BYTES} must be present. */
    public static boolean isEthernetIpv4(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + HARDWARE_TYPE_OFFSET, ByteOrder.BIG_ENDIAN) == TYPES
                && buffer.getShort(offset + HARDWARE_LENGTH_OFFSET, ByteOrder.BIG_ENDIAN) == LENGTHS;
    }

    /** Request, reply or something else. */
    public static int operation(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + OPERATION_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    public static long senderHardware(DirectBuffer buffer, int offset) {
        return MacAddress.get(buffer, offset + SENDER_HARDWARE_OFFSET);
    }

    public static int senderProtocol(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + SENDER_PROTOCOL_OFFSET, ByteOrder.BIG_ENDIAN);
    }

    public static long targetHardware(DirectBuffer buffer, int offset) {
        return MacAddress.get(buffer, offset + TARGET_HARDWARE_OFFSET);
    }

    public static int targetProtocol(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + TARGET_PROTOCOL_OFFSET, ByteOrder.BIG_ENDIAN);
    }

    /** Writes all 28 bytes. */
    public static void write(
            MutableDirectBuffer buffer,
            int offset,
            int operation,
            long senderHardware,
            int senderProtocol,
            long targetHardware,
            int targetProtocol) {
        buffer.putInt(offset + HARDWARE_TYPE_OFFSET, TYPES, ByteOrder.BIG_ENDIAN);
        buffer.putShort(offset + HARDWARE_LENGTH_OFFSET, (short) LENGTHS, ByteOrder.BIG_ENDIAN);
        buffer.putShort(offset + OPERATION_OFFSET, (short) operation, ByteOrder.BIG_ENDIAN);
        MacAddress.put(buffer, offset + SENDER_HARDWARE_OFFSET, senderHardware);
        buffer.putInt(offset + SENDER_PROTOCOL_OFFSET, senderProtocol, ByteOrder.BIG_ENDIAN);
        MacAddress.put(buffer, offset + TARGET_HARDWARE_OFFSET, targetHardware);
        buffer.putInt(offset + TARGET_PROTOCOL_OFFSET, targetProtocol, ByteOrder.BIG_ENDIAN);
    }
}
