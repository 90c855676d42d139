package dev.diskcryptnet.ffi;

import jnr.ffi.annotations.IgnoreError;

/**
 * The functions of {@code dcn/disk.h}. Addresses are plain numbers: what they point to is laid out by {@link
 * DiskLayout} and read through Agrona. Results are as in C, {@code >= 0} or {@code -errno}; see {@link NativeErrors}.
 */
public interface DiskLibrary {
    /** Flag of {@link #dcn_disk_open}. */
    int DCN_DISK_WRITABLE = 1;

    /** Opcodes of a {@code struct dcn_disk_op}. */
    short DCN_DISK_READ = 1;

    short DCN_DISK_WRITE = 2;
    short DCN_DISK_FLUSH = 3;
    short DCN_DISK_WRITE_THROUGH = 4;

    /** Most commands of one queue. */
    int DCN_DISK_DEPTH_MAX = 4096;

    /** Most regions of one queue. */
    int DCN_DISK_REGIONS_MAX = 64;

    /** The library, loaded at first use. */
    static DiskLibrary get() {
        return Loaded.LIBRARY;
    }

    @IgnoreError
    int dcn_disk_open(String uri, int flags, long openedAddress);

    @IgnoreError
    int dcn_disk_close(long disk);

    @IgnoreError
    long dcn_disk_resident(long disk, long offset, int lengthBytes);

    @IgnoreError
    int dcn_disk_health(long disk, long healthAddress);

    @IgnoreError
    int dcn_disk_queue_open(long disk, int depth, long regionsAddress, int regionCount, long openedAddress);

    @IgnoreError
    int dcn_disk_queue_submit(long queue, long opsAddress, int count);

    @IgnoreError
    int dcn_disk_queue_reap(long queue, long donesAddress, int max);

    @IgnoreError
    int dcn_disk_queue_close(long queue);

    @IgnoreError
    int dcn_disk_probe(String path, long textAddress, long sizeBytes);

    @IgnoreError
    int dcn_disk_claim(String path);

    @IgnoreError
    int dcn_disk_unclaim(int claim);

    /** Holds the one instance. */
    final class Loaded {
        private static final DiskLibrary LIBRARY = NativeLibrary.bind(DiskLibrary.class);

        private Loaded() {}
    }
}
