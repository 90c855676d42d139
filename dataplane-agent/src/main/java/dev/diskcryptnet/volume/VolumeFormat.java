package dev.diskcryptnet.volume;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.diskmap.ForeignData;
import dev.diskcryptnet.volume.VolumeException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Makes the disks given the members of a new, empty volume. */
final class VolumeFormat {
    private static final long MIN_DATA_BYTES = 256 * 1024;

    private VolumeFormat() {}

    /** Looks at all disks before it writes the first. */
    static UUID format(List<Disk> disks, FormatOptions options) {
        if (disks.isEmpty()) {
            throw new VolumeException(Reason.MEMBERS, "no disk was given");
        }
        List<DeviceIo> ios = new ArrayList<>();
        try {
            List<Superblocks> found = new ArrayList<>();
            for (Disk disk : disks) {
                DeviceIo io = new DeviceIo(disk, 1);
                ios.add(io);
                found.add(examine(disk, io, options));
            }
            UUID volume = UUID.randomUUID();
            for (int i = 0; i < disks.size(); i++) {
                Superblock empty = empty(volume, i, disks.size(), disks.get(i).facts(), options);
                found.get(i).startWithA();
                found.get(i).flip(ios.get(i), Superblocks.first(found.get(i), empty));
            }
            return volume;
        } finally {
            ios.forEach(DeviceIo::close);
        }
    }

    private static Superblocks examine(Disk disk, DeviceIo io, FormatOptions options) {
        DiskFacts facts = disk.facts();
        if (SuperblockDescriptor.BLOCK_BYTES % facts.alignmentBytes() != 0) {
            throw new VolumeException(
                    Reason.OCCUPIED,
                    "disk=" + facts.uri() + " has alignmentBytes=" + facts.alignmentBytes()
                            + "; a volume needs a disk that transfers blocks of 4096 bytes");
        }
        long least = SuperblockDescriptor.HEAD_BYTES + options.journalBytesFor(facts.capacityBytes()) + MIN_DATA_BYTES;
        if (facts.capacityBytes() < least) {
            throw new VolumeException(
                    Reason.NO_SPACE,
                    "disk=" + facts.uri() + " has capacityBytes=" + facts.capacityBytes() + "; a volume needs at least "
                            + least);
        }
        // Also where a superblock of ours is left: a file system may have been made over the rest.
        ForeignData.signatures(facts).ifPresent(signature -> {
            throw new VolumeException(
                    Reason.OCCUPIED,
                    "disk=" + facts.uri() + " holds " + signature
                            + "; if it is not needed, wipe it (wipefs --all) and format again");
        });
        Superblocks found = Superblocks.read(io);
        if (found.anyOurs()) {
            refuseOwn(facts, found, options);
        } else {
            refuseForeign(facts, io);
        }
        return found;
    }

    private static void refuseOwn(DiskFacts facts, Superblocks found, FormatOptions options) {
        if (options.overwriteOwn() || found.interruptedFormat()) {
            return;
        }
        Superblock current = found.current();
        String what = current == null
                ? "a volume that this program cannot open"
                : "volume=" + current.volumeUuid() + " (member " + (current.memberIndex() + 1) + " of "
                        + current.memberCount() + ")";
        throw new VolumeException(
                Reason.OCCUPIED,
                "disk=" + facts.uri() + " carries " + what
                        + "; to destroy it and its objects, say so explicitly (overwrite own volume)");
    }

    private static void refuseForeign(DiskFacts facts, DeviceIo io) {
        io.read(0, 0, SuperblockDescriptor.HEAD_BYTES);
        for (int at = 0; at < SuperblockDescriptor.HEAD_BYTES; at += Long.BYTES) {
            if (io.memory().getLong(at) != 0) {
                throw new VolumeException(
                        Reason.OCCUPIED,
                        "disk=" + facts.uri() + " holds data that is not ours, at offset=" + at
                                + "; if it is not needed, wipe it (wipefs --all, or zero its first MiB) and format"
                                + " again");
            }
        }
    }

    private static Superblock empty(UUID volume, int index, int count, DiskFacts facts, FormatOptions options) {
        long capacity = facts.capacityBytes() & -SuperblockDescriptor.BLOCK_BYTES;
        return new Superblock(
                volume,
                UUID.randomUUID(),
                0,
                capacity,
                index,
                count,
                SuperblockDescriptor.HEAD_BYTES,
                options.journalBytesFor(facts.capacityBytes()),
                0,
                0,
                0,
                0,
                new long[0],
                System.currentTimeMillis(),
                0);
    }
}
