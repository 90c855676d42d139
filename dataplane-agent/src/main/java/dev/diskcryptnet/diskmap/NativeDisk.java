package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.DiskLayout;
import dev.diskcryptnet.ffi.DiskLibrary;
import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.NativeException;
import java.lang.ref.Reference;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/** A disk of one of the drivers of libdcn, which the scheme of its URI names. */
final class NativeDisk implements Disk {
    private static final int EBUSY = 16;
    private static final int TEXT_BYTES = 64;
    private static final int DRIVER_BYTES = 16;
    private static final int MESSAGE_BYTES = 512;

    private final DiskLibrary library = DiskLibrary.get();
    private final long handle;
    private final DiskFacts facts;
    private final boolean writable;
    private boolean closed;

    private NativeDisk(long handle, DiskFacts facts, boolean writable) {
        this.handle = handle;
        this.facts = facts;
        this.writable = writable;
    }

    static NativeDisk open(String uri, OpenMode mode) {
        UnsafeBuffer opened = OffHeapRegion.allocate(DiskLayout.OPENED_SIZE).buffer();
        boolean writable = mode == OpenMode.READ_WRITE;
        int result = DiskLibrary.get()
                .dcn_disk_open(uri, writable ? DiskLibrary.DCN_DISK_WRITABLE : 0, opened.addressOffset());
        if (result < 0) {
            throw refusal(uri, result, NativeErrors.text(opened, DiskLayout.OPENED_MESSAGE, MESSAGE_BYTES));
        }
        return new NativeDisk(opened.getLong(DiskLayout.OPENED_DISK), facts(uri, opened), writable);
    }

    private static NativeException refusal(String uri, int result, String message) {
        String holders =
                result == -EBUSY ? KernelDevice.of(uri).map(NativeDisk::holders).orElse("") : "";
        return NativeErrors.failure(result, "disk=" + uri + " " + message + holders);
    }

    private static String holders(Path path) {
        return DeviceUse.of(path)
                .or(() -> DeviceUse.openIn(path))
                .map(use -> " (" + use + ")")
                .orElse("");
    }

    private static DiskFacts facts(String uri, UnsafeBuffer opened) {
        return new DiskFacts(
                uri,
                NativeErrors.text(opened, DiskLayout.OPENED_DRIVER, DRIVER_BYTES),
                NativeErrors.text(opened, DiskLayout.OPENED_ID, TEXT_BYTES),
                NativeErrors.text(opened, DiskLayout.OPENED_MODEL, TEXT_BYTES),
                NativeErrors.text(opened, DiskLayout.OPENED_SERIAL, TEXT_BYTES),
                opened.getLong(DiskLayout.OPENED_CAPACITY_BYTES),
                opened.getInt(DiskLayout.OPENED_BLOCK_BYTES),
                opened.getInt(DiskLayout.OPENED_ALIGNMENT_BYTES),
                opened.getInt(DiskLayout.OPENED_MAX_TRANSFER_BYTES),
                opened.getInt(DiskLayout.OPENED_NUMA_NODE),
                opened.getInt(DiskLayout.OPENED_DIRECT) != 0,
                NativeErrors.text(opened, DiskLayout.OPENED_MODE, TEXT_BYTES));
    }

    @Override
    public DiskFacts facts() {
        return facts;
    }

    @Override
    public DiskHealth health() {
        UnsafeBuffer found = OffHeapRegion.allocate(DiskLayout.HEALTH_SIZE).buffer();
        NativeErrors.check(
                library.dcn_disk_health(handle, found.addressOffset()), "dcn_disk_health disk=" + facts.uri());
        return new DiskHealth(
                DiskHealth.State.values()[found.getInt(DiskLayout.HEALTH_STATE)],
                found.getInt(DiskLayout.HEALTH_GENERATION),
                found.getLong(DiskLayout.HEALTH_ERRORS),
                found.getLong(DiskLayout.HEALTH_MEDIA_ERRORS),
                found.getInt(DiskLayout.HEALTH_TEMPERATURE_KELVIN),
                found.getInt(DiskLayout.HEALTH_PERCENTAGE_USED),
                found.getInt(DiskLayout.HEALTH_SPARE_PERCENT),
                found.getInt(DiskLayout.HEALTH_SPARE_THRESHOLD_PERCENT),
                found.getInt(DiskLayout.HEALTH_CRITICAL_WARNING),
                NativeErrors.text(found, DiskLayout.HEALTH_MESSAGE, MESSAGE_BYTES));
    }

    @Override
    public DiskQueue openQueue(int depth, OffHeapRegion... regions) {
        int regionBytes = Math.max(1, regions.length) * DiskLayout.REGION_SIZE;
        UnsafeBuffer named = OffHeapRegion.allocate(regionBytes).buffer();
        for (int i = 0; i < regions.length; i++) {
            int at = i * DiskLayout.REGION_SIZE;
            named.putLong(at + DiskLayout.REGION_ADDRESS, regions[i].address());
            named.putLong(at + DiskLayout.REGION_LENGTH_BYTES, regions[i].lengthBytes());
        }
        UnsafeBuffer opened =
                OffHeapRegion.allocate(DiskLayout.QUEUE_OPENED_SIZE).buffer();
        int result = library.dcn_disk_queue_open(
                handle, depth, named.addressOffset(), regions.length, opened.addressOffset());
        Reference.reachabilityFence(named);
        if (result < 0) {
            String message = NativeErrors.text(opened, DiskLayout.QUEUE_OPENED_MESSAGE, MESSAGE_BYTES);
            throw NativeErrors.failure(result, "disk=" + facts.uri() + " " + message);
        }
        return new NativeQueue(
                facts,
                writable,
                depth,
                regions,
                handle,
                opened.getLong(DiskLayout.QUEUE_OPENED_QUEUE),
                opened.getInt(DiskLayout.QUEUE_OPENED_EVENT_FD));
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            NativeErrors.check(library.dcn_disk_close(handle), "dcn_disk_close disk=" + facts.uri());
        }
    }
}
