package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.NativeException;
import dev.diskcryptnet.ffi.PagesLibrary;

/**
 * Memory that disks read into, zeroed, in ordinary pages or in huge ones of the kernel's pool. It must outlive the queues
 * that it is given to.
 */
public final class DiskMemory implements AutoCloseable {
    private static final int ENOMEM = 12;

    private final OffHeapRegion region;
    private final int huge;
    private boolean closed;

    private DiskMemory(OffHeapRegion region, int huge) {
        this.region = region;
        this.huge = huge;
    }

    /**
     * Takes memory.
     *
     * @param lengthBytes size in bytes, above 0; in huge pages whole ones are taken
     * @throws NativeException when there is not so much, or the pool has too few pages
     */
    public static DiskMemory map(int lengthBytes, boolean hugePages) {
        OffHeapRegion address = OffHeapRegion.allocate(Long.BYTES);
        int huge = hugePages ? 1 : 0;
        int result = PagesLibrary.get().dcn_pages_map(lengthBytes, huge, address.address());
        if (result == -ENOMEM && hugePages) {
            throw new NativeException(
                    "lengthBytes=" + lengthBytes + ": the pool of huge pages has too few left (HugePages_Free in"
                            + " /proc/meminfo); raise vm.nr_hugepages",
                    ENOMEM);
        }
        NativeErrors.check(result, "memory lengthBytes=" + lengthBytes);
        return new DiskMemory(OffHeapRegion.wrap(address.buffer().getLong(0), lengthBytes), huge);
    }

    /** The memory; not to be touched once this is closed. */
    public OffHeapRegion region() {
        return region;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            NativeErrors.check(
                    PagesLibrary.get().dcn_pages_unmap(region.address(), region.lengthBytes(), huge), "unmap memory");
        }
    }
}
