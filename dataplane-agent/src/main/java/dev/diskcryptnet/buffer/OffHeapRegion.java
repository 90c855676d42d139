package dev.diskcryptnet.buffer;

import java.nio.ByteBuffer;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A page-aligned piece of memory outside the Java heap that a device may be given.
 *
 * <p>The region owns the memory when it was {@link #allocate allocated} here; a region that {@link #wrap wraps} a
 * mapping (a packet ring, a huge page) must be closed before the mapping goes, and whoever made the mapping ends it.
 */
public final class OffHeapRegion {
    /** Alignment of every region, in bytes: one x86-64 page, and the strictest O_DIRECT asks for. */
    public static final int ALIGNMENT_BYTES = 4096;

    private final long address;
    private final int lengthBytes;
    private final UnsafeBuffer buffer;
    private final ByteBuffer owner;

    private OffHeapRegion(long address, int lengthBytes, ByteBuffer owner) {
        this.address = address;
        this.lengthBytes = lengthBytes;
        this.owner = owner;
        // Over the ByteBuffer, so that whoever holds the view alone keeps the memory.
        this.buffer = owner == null ? new UnsafeBuffer(address, lengthBytes) : new UnsafeBuffer(owner);
    }

    /**
     * Allocates zeroed memory that lives as long as the region or its {@link #buffer()} is reachable.
     *
     * @param lengthBytes size in bytes, above 0
     */
    public static OffHeapRegion allocate(int lengthBytes) {
        if (lengthBytes <= 0) {
            throw new IllegalArgumentException("lengthBytes=" + lengthBytes + " is not above 0");
        }
        ByteBuffer owner = BufferUtil.allocateDirectAligned(lengthBytes, ALIGNMENT_BYTES);
        return new OffHeapRegion(BufferUtil.address(owner), lengthBytes, owner);
    }

    /** Wraps memory that somebody else owns. A wrong address kills the JVM. */
    public static OffHeapRegion wrap(long address, int lengthBytes) {
        return new OffHeapRegion(address, lengthBytes, null);
    }

    /** First byte's address. */
    public long address() {
        return address;
    }

    /** Size in bytes. */
    public int lengthBytes() {
        return lengthBytes;
    }

    /** View of the whole region; offsets are from {@link #address()}. */
    public UnsafeBuffer buffer() {
        return buffer;
    }

    /** The buffer behind an allocated region, null for a wrapped one. */
    public ByteBuffer byteBuffer() {
        return owner;
    }

    /** Whether {@code lengthBytes} bytes from {@code address} on lie inside. */
    public boolean contains(long address, int lengthBytes) {
        return address >= this.address && address + lengthBytes <= this.address + this.lengthBytes;
    }
}
