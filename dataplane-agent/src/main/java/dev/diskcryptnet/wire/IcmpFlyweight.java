package dev.diskcryptnet.wire;

import static dev.diskcryptnet.wire.IcmpDescriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads and writes {@link IcmpDescriptor}. {@code offset} is the message's first byte. */
public final class IcmpFlyweight {
    private IcmpFlyweight() {}

    public static int type(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + TYPE_OFFSET) & 0xFF;
    }

    public static int code(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + CODE_OFFSET) & 0xFF;
    }

    /** Turns an echo request with a good checksum into its reply, in place (RFC 1624 eqn. 3). */
    public static void turnEchoIntoReply(MutableDirectBuffer buffer, int offset) {
        int oldWord = TYPE_ECHO << 8 | code(buffer, offset);
        int newWord = TYPE_ECHO_REPLY << 8 | code(buffer, offset);
        int checksum = buffer.getShort(offset + CHECKSUM_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        buffer.putByte(offset + TYPE_OFFSET, (byte) TYPE_ECHO_REPLY);
        buffer.putShort(
                offset + CHECKSUM_OFFSET, (short) Checksum.update(checksum, oldWord, newWord), ByteOrder.BIG_ENDIAN);
    }
}
