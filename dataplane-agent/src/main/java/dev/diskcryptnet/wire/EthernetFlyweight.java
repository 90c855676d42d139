package dev.diskcryptnet.wire;

import static dev.diskcryptnet.wire.EthernetDescriptor.DESTINATION_OFFSET;
import static dev.diskcryptnet.wire.EthernetDescriptor.SOURCE_OFFSET;
import static dev.diskcryptnet.wire.EthernetDescriptor.TYPE_OFFSET;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads and writes {@link EthernetDescriptor}. {@code offset} is the header's first byte. */
public final class EthernetFlyweight {
    private EthernetFlyweight() {}

    /** Destination station address, see {@link MacAddress}. */
    public static long destination(DirectBuffer buffer, int offset) {
        return MacAddress.get(buffer, offset + DESTINATION_OFFSET);
    }

    /** Source station address, see {@link MacAddress}. */
    public static long source(DirectBuffer buffer, int offset) {
        return MacAddress.get(buffer, offset + SOURCE_OFFSET);
    }

    /** EtherType, 0 to 65535; below 1536 it is a length (IEEE 802.3 3.2.6). */
    public static int type(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + TYPE_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    /** Writes all 14 bytes. */
    public static void write(MutableDirectBuffer buffer, int offset, long destination, long source, int type) {
        MacAddress.put(buffer, offset + DESTINATION_OFFSET, destination);
        MacAddress.put(buffer, offset + SOURCE_OFFSET, source);
        buffer.putShort(offset + TYPE_OFFSET, (short) type, ByteOrder.BIG_ENDIAN);
    }
}
