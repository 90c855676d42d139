package dev.diskcryptnet.atlas;

import dev.diskcryptnet.diskmap.BlockIo;
import dev.diskcryptnet.diskmap.Disk;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/** Reads a disk beside the loop, to compare what the loop sent with what is there. */
final class DirectReader implements AutoCloseable {
    private final BlockIo io;
    private ByteBuffer expected = ByteBuffer.allocate(1 << 16);

    DirectReader(Disk disk) {
        io = new BlockIo(disk);
    }

    boolean holds(long deviceOffset, DirectBuffer buffer, int offset, int lengthBytes) {
        if (expected.capacity() < lengthBytes) {
            expected = ByteBuffer.allocate(lengthBytes);
        }
        io.read(deviceOffset, expected.clear().limit(lengthBytes));
        ByteBuffer actual = ByteBuffer.allocate(lengthBytes);
        buffer.getBytes(offset, actual, lengthBytes);
        return expected.flip().equals(actual.flip());
    }

    /** Whether these are the bytes of an object from {@code objectOffset} on. */
    boolean holds(PatternObject object, long objectOffset, DirectBuffer buffer, int offset, int lengthBytes) {
        int compared = 0;
        while (compared < lengthBytes) {
            long at = objectOffset + compared;
            int together = (int) Math.min(lengthBytes - compared, object.contiguousBytes(at));
            if (!holds(object.deviceOffset(at), buffer, offset + compared, together)) {
                return false;
            }
            compared += together;
        }
        return true;
    }

    @Override
    public void close() {
        io.close();
    }
}
