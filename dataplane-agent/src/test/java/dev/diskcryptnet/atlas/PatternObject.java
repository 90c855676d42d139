package dev.diskcryptnet.atlas;

import dev.diskcryptnet.volume.StoredObject;
import java.util.concurrent.atomic.AtomicInteger;

/** An object that lies in one piece on disk 0, and counts its leases. */
final class PatternObject implements StoredObject {
    final AtomicInteger leases = new AtomicInteger();

    private final String path;
    private final long deviceOffset;
    private final long sizeBytes;
    private int acquisitionsLeft = Integer.MAX_VALUE;

    PatternObject(String path, long deviceOffset, long sizeBytes) {
        this.path = path;
        this.deviceOffset = deviceOffset;
        this.sizeBytes = sizeBytes;
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
        return deviceOffset + objectOffset;
    }

    @Override
    public long contiguousBytes(long objectOffset) {
        return sizeBytes - objectOffset;
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
