package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.DiskLibrary;
import dev.diskcryptnet.ffi.NativeErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Finds what is on a device that is not ours, so that it is never written. Reads only. */
public final class ForeignData {
    /** How much of the device's start must be zeros, or known, for it to count as empty. */
    public static final int HEAD_BYTES = 1 << 20;

    private static final int TEXT_BYTES = 4096;

    private ForeignData() {}

    /**
     * Describes a device that should be empty: {@link #describe(Path, Predicate)} with nothing known.
     *
     * @param path block device or regular file
     */
    public static Optional<String> describe(Path path) {
        return describe(path, head -> false);
    }

    /**
     * Looks for mounts, swap, holders and loop devices, then for signatures of file systems, partition tables, RAID,
     * volume managers and encryption (libblkid), then for any byte other than zero in the first MiB.
     *
     * @param path block device or regular file
     * @param isOurs is given the first MiB (less on a smaller device), position 0; true when the caller knows the content
     *     as its own, and only the device's use remains to be looked at
     * @return a sentence that names the device and everything found, or empty when it is free and empty
     * @throws dev.diskcryptnet.ffi.NativeException when the device cannot be examined
     */
    public static Optional<String> describe(Path path, Predicate<ByteBuffer> isOurs) {
        List<String> found = new ArrayList<>();
        DeviceUse.of(path).ifPresent(found::add);
        ByteBuffer head = head(path);
        if (!isOurs.test(head.duplicate())) {
            String signatures = signatures(path);
            if (!signatures.isEmpty()) {
                found.add("it holds " + signatures);
            } else if (found.isEmpty() && head.mismatch(ByteBuffer.allocate(head.limit())) >= 0) {
                found.add("it holds data that this program does not know, at offset="
                        + head.mismatch(ByteBuffer.allocate(head.limit())));
            }
        }
        return found.isEmpty() ? Optional.empty() : Optional.of("device=" + path + ": " + String.join("; ", found));
    }

    /**
     * Looks for the same signatures on a disk that is open here, and so is mounted and held nowhere else.
     *
     * @return what was found, or empty when there is nothing, or when the kernel has no device for it
     * @throws dev.diskcryptnet.ffi.NativeException when the device cannot be examined
     */
    public static Optional<String> signatures(DiskFacts facts) {
        return KernelDevice.of(facts.uri()).map(ForeignData::signatures).filter(found -> !found.isEmpty());
    }

    private static String signatures(Path path) {
        OffHeapRegion text = OffHeapRegion.allocate(TEXT_BYTES);
        int length = DiskLibrary.get().dcn_disk_probe(path.toString(), text.address(), TEXT_BYTES);
        NativeErrors.check(length, "dcn_disk_probe device=" + path);
        return NativeErrors.text(text.buffer(), 0, TEXT_BYTES);
    }

    private static ByteBuffer head(Path path) {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            while (head.hasRemaining() && channel.read(head) >= 0) {
                // Short reads go on where they ended.
            }
        } catch (IOException e) {
            throw new UncheckedIOException("device=" + path + " cannot be read", e);
        }
        return head.flip();
    }
}
