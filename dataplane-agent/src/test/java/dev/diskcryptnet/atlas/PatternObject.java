package dev.diskcryptnet.atlas;

import dev.diskcryptnet.volume.StoredObject;
import java.util.concurrent.atomic.AtomicInteger;

/** An object on disk 0, in one piece or many, that counts its leases. */
final class PatternObject implements StoredObject {
    final AtomicInteger leases = new AtomicInteger();

    private final String path;
    private final long deviceOffset;
    private final long sizeBytes;
    /** Size of each extent, and how far each lies in front of the one before it. */
    private long extentBytes = Long.MAX_VALUE;

    private long strideBytes;
    private int acquisitionsLeft = Integer.MAX_VALUE;

    PatternObject(String path, long deviceOffset, long sizeBytes) {
        this.path = path;
        this.deviceOffset = deviceOffset;
        this.sizeBytes = sizeBytes;
    }

    /** In extents of {@code bytes}, which lie in reverse order and do not touch. */
    PatternObject scattered(long bytes) {
        extentBytes = bytes;
        strideBytes = 2 * bytes;
        return this;
    }

    /** From the {@code count}-th lease on it is as if somebody had removed the object. */
    PatternObject removedAfterLeases(int count) {
        acquisitionsLeft = count;
        return this;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public String contentType() {
        return "video/mp4";
    }

    @Override
    public String etag() {
        return "\"1\"";
    }

    @Override
    public long lastModifiedMs() {
        return 0;
    }

    @Override
    public int disk() {
        return 0;
    }

    @Override
    public long deviceOffset(long objectOffset) {
        long extent = objectOffset / extentBytes;
        long last = (sizeBytes - 1) / extentBytes;
        return deviceOffset + (last - extent) * strideBytes + objectOffset % extentBytes;
    }

    @Override
    public long contiguousBytes(long objectOffset) {
        return Math.min(sizeBytes - objectOffset, extentBytes - objectOffset % extentBytes);
    }

    @Override
    public boolean acquire() {
        if (acquisitionsLeft-- <= 0) {
            return false;
        }
        leases.incrementAndGet();
        return true;
    }

    @Override
    public void release() {
        leases.decrementAndGet();
    }
}
