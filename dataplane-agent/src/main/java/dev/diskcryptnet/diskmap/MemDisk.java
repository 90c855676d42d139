package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.random.RandomGeneratorFactory;
import org.agrona.UnsafeApi;

/**
 * A disk in memory: {@code mem:SIZE} (with K, M, G or T) holds zeros at first, {@code mem:SIZE?seed=N} a pattern that
 * repeats every {@link #TILE_BYTES}. It shows what the rest of a loop costs when the disk costs next to nothing. With
 * {@code direct=0} what it holds is also to be had where it lies, as what a file has in the page cache.
 *
 * <p>Memory is taken when a chunk is first written, so a disk may be larger than the machine. Any number of queues on
 * any threads may be open; a read that meets a write of the same block sees old and new bytes mixed, as on a device.
 */
public final class MemDisk implements Disk {
    /** The seeded pattern's period: small enough to stay in a last-level cache, longer than any single transfer. */
    public static final int TILE_BYTES = 4 << 20;

    private static final int BLOCK_BYTES = 4096;
    private static final int MAX_TRANSFER_BYTES = 1 << 20;
    private static final int CHUNK_BYTES = 16 << 20;

    private final DiskFacts facts;
    private final boolean writable;
    private final OffHeapRegion tile;
    private final AtomicReferenceArray<OffHeapRegion> chunks;

    private MemDisk(DiskFacts facts, boolean writable, OffHeapRegion tile) {
        this.facts = facts;
        this.writable = writable;
        this.tile = tile;
        this.chunks =
                new AtomicReferenceArray<>(Math.toIntExact((facts.capacityBytes() + CHUNK_BYTES - 1) / CHUNK_BYTES));
    }

    static MemDisk open(String uri, OpenMode mode) {
        String rest = uri.substring(uri.indexOf(':') + 1);
        int query = rest.indexOf('?');
        long capacityBytes = parseSize(uri, query < 0 ? rest : rest.substring(0, query));
        OffHeapRegion tile = OffHeapRegion.allocate(TILE_BYTES);
        boolean direct = true;
        for (String option :
                query < 0 ? new String[0] : rest.substring(query + 1).split("&")) {
            if (option.equals("direct=0")) {
                direct = false;
            } else {
                fill(tile, parseSeed(uri, option));
            }
        }
        var facts = new DiskFacts(
                uri,
                "mem",
                "mem",
                "",
                "",
                capacityBytes,
                BLOCK_BYTES,
                BLOCK_BYTES,
                MAX_TRANSFER_BYTES,
                -1,
                direct,
                direct ? "" : "mapped");
        return new MemDisk(facts, mode == OpenMode.READ_WRITE, tile);
    }

    private static long parseSize(String uri, String text) {
        int shift = text.isEmpty() ? -1 : "KMGT".indexOf(text.charAt(text.length() - 1));
        String digits = shift < 0 ? text : text.substring(0, text.length() - 1);
        try {
            long bytes = Math.multiplyExact(Long.parseLong(digits), 1L << (shift < 0 ? 0 : 10 * (shift + 1)));
            if (bytes >= BLOCK_BYTES && bytes <= (1L << 44) && bytes % BLOCK_BYTES == 0) {
                return bytes;
            }
        } catch (NumberFormatException | ArithmeticException e) {
            throw new IllegalArgumentException("uri=" + uri + " has no size; write for example mem:1G", e);
        }
        throw new IllegalArgumentException("uri=" + uri + " wants a size in 4K..16T that is a multiple of 4K");
    }

    private static long parseSeed(String uri, String option) {
        try {
            if (option.startsWith("seed=")) {
                return Long.parseLong(option.substring("seed=".length()));
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("uri=" + uri + " has a seed that is no number", e);
        }
        throw new IllegalArgumentException("uri=" + uri + " has an unknown option; there are seed=NUMBER and direct=0");
    }

    private static void fill(OffHeapRegion tile, long seed) {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < TILE_BYTES; i += Long.BYTES) {
            tile.buffer().putLong(i, random.nextLong());
        }
    }

    @Override
    public DiskFacts facts() {
        return facts;
    }

    /** The byte that a seeded disk holds at {@code offsetBytes} as long as nothing was written near it. */
    public byte patternAt(long offsetBytes) {
        return tile.buffer().getByte((int) (offsetBytes % TILE_BYTES));
    }

    /** Where bytes of the disk lie together; 0 when they do not, or when they are not to be had there. */
    long resident(long offsetBytes, int lengthBytes) {
        int inChunk = (int) (offsetBytes % CHUNK_BYTES);
        if (facts.direct() || inChunk + lengthBytes > CHUNK_BYTES) {
            return 0;
        }
        OffHeapRegion chunk = chunks.getAcquire((int) (offsetBytes / CHUNK_BYTES));
        return chunk == null ? 0 : chunk.address() + inChunk;
    }

    /** Copies the disk's bytes from {@code offsetBytes} on to {@code address}; the range lies on the disk. */
    void load(long offsetBytes, long address, int lengthBytes) {
        int done = 0;
        while (done < lengthBytes) {
            long offset = offsetBytes + done;
            int inChunk = (int) (offset % CHUNK_BYTES);
            OffHeapRegion chunk = chunks.getAcquire((int) (offset / CHUNK_BYTES));
            int length = Math.min(lengthBytes - done, CHUNK_BYTES - inChunk);
            if (chunk != null) {
                UnsafeApi.copyMemory(chunk.address() + inChunk, address + done, length);
            } else {
                int inTile = inChunk % TILE_BYTES;
                length = Math.min(length, TILE_BYTES - inTile);
                UnsafeApi.copyMemory(tile.address() + inTile, address + done, length);
            }
            done += length;
        }
    }

    /** Copies {@code lengthBytes} bytes from {@code address} to the disk at {@code offsetBytes}. */
    void store(long offsetBytes, long address, int lengthBytes) {
        int done = 0;
        while (done < lengthBytes) {
            long offset = offsetBytes + done;
            int inChunk = (int) (offset % CHUNK_BYTES);
            int length = Math.min(lengthBytes - done, CHUNK_BYTES - inChunk);
            OffHeapRegion chunk = chunkForWriting((int) (offset / CHUNK_BYTES));
            UnsafeApi.copyMemory(address + done, chunk.address() + inChunk, length);
            done += length;
        }
    }

    private OffHeapRegion chunkForWriting(int index) {
        OffHeapRegion chunk = chunks.getAcquire(index);
        if (chunk != null) {
            return chunk;
        }
        OffHeapRegion fresh = OffHeapRegion.allocate(CHUNK_BYTES);
        for (int at = 0; at < CHUNK_BYTES; at += TILE_BYTES) {
            UnsafeApi.copyMemory(tile.address(), fresh.address() + at, TILE_BYTES);
        }
        return chunks.compareAndSet(index, null, fresh) ? fresh : chunks.getAcquire(index);
    }

    @Override
    public DiskQueue openQueue(int depth, OffHeapRegion... regions) {
        return new MemQueue(this, new CommandCheck(facts, writable, regions), depth);
    }

    @Override
    public void close() {
        // The memory goes with the last reference to it.
    }
}
