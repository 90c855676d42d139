package dev.diskcryptnet.volume;

import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Checksums and UUIDs as the volume's structures carry them. */
final class Bytes {
    private static final byte[] FOUR_ZEROS = new byte[4];

    private Bytes() {}

    static void putUuid(MutableDirectBuffer buffer, int offset, UUID uuid) {
        buffer.putLong(offset, uuid.getMostSignificantBits(), SuperblockDescriptor.ORDER);
        buffer.putLong(offset + Long.BYTES, uuid.getLeastSignificantBits(), SuperblockDescriptor.ORDER);
    }

    static UUID getUuid(DirectBuffer buffer, int offset) {
        return new UUID(
                buffer.getLong(offset, SuperblockDescriptor.ORDER),
                buffer.getLong(offset + Long.BYTES, SuperblockDescriptor.ORDER));
    }

    /** CRC32C from position to limit, with the four bytes at {@code crcOffset} from the position taken as zero. */
    static int crcWithout(ByteBuffer bytes, int crcOffset) {
        int start = bytes.position();
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(start, crcOffset));
        crc.update(FOUR_ZEROS, 0, FOUR_ZEROS.length);
        int rest = crcOffset + FOUR_ZEROS.length;
        crc.update(bytes.slice(start + rest, bytes.remaining() - rest));
        return (int) crc.getValue();
    }
}
