package dev.diskcryptnet.volume;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * An object in memory, kept small because a volume holds a million of them: one extent is inline, piece CRCs stay on
 * disk, the entity tag is formatted on demand.
 *
 * <p>{@code state} counts leases; its sign bit says that the object has been removed. Whoever brings it to "removed,
 * no lease" hands the extents back, once.
 */
final class VolumeObject implements StoredObject {
    private static final int REMOVED = 0x8000_0000;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(VolumeObject.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String path;
    private final String contentType;
    private final Member member;
    private final long sizeBytes;
    private final long lastModifiedMs;
    private final long checksum;
    private final long sequence;
    private final long firstExtent;
    private final long[] extents;
    private volatile int state;

    /** @param extents pairs of device offset and length, in object order */
    VolumeObject(
            String path,
            String contentType,
            Member member,
            long sizeBytes,
            long lastModifiedMs,
            long checksum,
            long sequence,
            long[] extents) {
        this.path = path;
        this.contentType = contentType;
        this.member = member;
        this.sizeBytes = sizeBytes;
        this.lastModifiedMs = lastModifiedMs;
        this.checksum = checksum;
        this.sequence = sequence;
        this.firstExtent = extents.length == 0 ? 0 : extents[0];
        this.extents = extents.length <= 2 ? null : extents;
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
        return contentType;
    }

    @Override
    public String etag() {
        return '"' + hex(checksum) + '-' + Long.toHexString(sizeBytes) + '"';
    }

    @Override
    public long lastModifiedMs() {
        return lastModifiedMs;
    }

    @Override
    public int disk() {
        return member.index();
    }

    @Override
    public long deviceOffset(long objectOffset) {
        if (extents == null) {
            return firstExtent + objectOffset;
        }
        long left = objectOffset;
        int i = 0;
        while (left >= extents[i + 1]) {
            left -= extents[i + 1];
            i += 2;
        }
        return extents[i] + left;
    }

    @Override
    public long contiguousBytes(long objectOffset) {
        long toEnd = sizeBytes - objectOffset;
        if (extents == null) {
            return toEnd;
        }
        long left = objectOffset;
        int i = 0;
        while (left >= extents[i + 1]) {
            left -= extents[i + 1];
            i += 2;
        }
        return Math.min(toEnd, extents[i + 1] - left);
    }

    @Override
    public boolean acquire() {
        while (true) {
            int seen = state;
            if (seen < 0) {
                return false;
            }
            if (STATE.compareAndSet(this, seen, seen + 1)) {
                return true;
            }
        }
    }

    @Override
    public void release() {
        int before = (int) STATE.getAndAdd(this, -1);
        if ((before & ~REMOVED) == 0) {
            STATE.getAndAdd(this, 1);
            throw new IllegalStateException("path=" + path + " released more often than acquired");
        }
        if (before == (REMOVED | 1)) {
            member.retire(this);
        }
    }

    /** The removal is durable: no further leases, and the space is free when the last one has gone. */
    void removed() {
        if ((int) STATE.getAndBitwiseOr(this, REMOVED) == 0) {
            member.retire(this);
        }
    }

    Member member() {
        return member;
    }

    long sequence() {
        return sequence;
    }

    /** Pairs of device offset and length, whole blocks. */
    long[] extents() {
        if (extents != null) {
            return extents;
        }
        return sizeBytes == 0 ? new long[0] : new long[] {firstExtent, SuperblockDescriptor.roundUp(sizeBytes)};
    }

    private static String hex(long value) {
        String digits = Long.toHexString(value);
        return "0".repeat(2 * Long.BYTES - digits.length()) + digits;
    }
}
