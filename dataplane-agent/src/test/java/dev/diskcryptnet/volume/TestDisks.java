package dev.diskcryptnet.volume;

import dev.diskcryptnet.diskmap.DiskFacts;
import java.nio.ByteBuffer;
import java.util.Random;

/** What the tests of this package share: facts of made-up disks, content by seed, putting and getting. */
final class TestDisks {
    static final int SMALL_BYTES = 3 << 20;
    static final FormatOptions SHORT_JOURNAL = new FormatOptions(false, 5 * 4096);
    static final long MODIFIED_MS = 1_700_000_000_123L;

    private TestDisks() {}

    static DiskFacts facts(String name, long capacityBytes, int maxTransferBytes) {
        return new DiskFacts(
                "test:" + name, "test", name, "", "", capacityBytes, 4096, 4096, maxTransferBytes, -1, true, "");
    }

    static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static StoredObject put(Volume volume, String path, byte[] content) {
        return put(volume, path, content, content.length);
    }

    static StoredObject put(Volume volume, String path, byte[] content, long expectedBytes) {
        try (ObjectWriter writer = volume.create(path, ContentTypes.of(path), MODIFIED_MS, expectedBytes)) {
            writer.write(ByteBuffer.wrap(content));
            return writer.commit();
        }
    }

    /** The object's bytes, or null when there is none. */
    static byte[] get(Volume volume, String path) {
        StoredObject object = volume.find(path);
        return object == null ? null : get(volume, object);
    }

    static byte[] get(Volume volume, StoredObject object) {
        ByteBuffer content = ByteBuffer.allocate((int) object.sizeBytes());
        try (ObjectReader reader = volume.read(object)) {
            while (reader.read(content) >= 0 && content.hasRemaining()) {
                // Short reads go on where they ended.
            }
        }
        return content.array();
    }
}
