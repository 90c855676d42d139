package dev.diskcryptnet.volume;

/**
 * An immutable object of a volume: where it lies and what it is. Found by {@link Volume#find}; whoever reads its
 * extents holds a lease ({@link #acquire}), and the space of a replaced or removed object is free when the last lease
 * has gone.
 */
public interface StoredObject {
    /** Absolute path, decoded, for example {@code /films/a.mp4}. */
    String path();

    /** Size in bytes. */
    long sizeBytes();

    /** Media type. */
    String contentType();

    /** Strong entity tag with its quotes. */
    String etag();

    /** Modification time, milliseconds since the epoch. */
    long lastModifiedMs();

    /** Which of the volume's disks holds it, from 0. An object lies on one disk. */
    int disk();

    /** Where byte {@code objectOffset} lies on that disk. Extents start on 4 KiB boundaries of object and disk alike. */
    long deviceOffset(long objectOffset);

    /** Bytes from {@code objectOffset} on that lie together on the disk, at most to the object's end. */
    long contiguousBytes(long objectOffset);

    /** Takes a lease; false when the object has been removed meanwhile. Any thread. */
    boolean acquire();

    /** Gives a lease back. Any thread. */
    void release();
}
