package dev.diskcryptnet.volume;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.volume.VolumeException.Reason;

/** Whether a disk carries a member that can be opened, and what it carries instead. */
final class MemberCheck {
    private MemberCheck() {}

    static void usable(Disk disk, Superblocks superblocks) {
        DiskFacts facts = disk.facts();
        Superblock current = superblocks.current();
        if (current != null) {
            if (current.capacityBytes() > facts.capacityBytes()) {
                throw new VolumeException(
                        Reason.DAMAGED,
                        "disk=" + facts.uri() + " has capacityBytes=" + facts.capacityBytes()
                                + " but its volume was made for capacityBytes=" + current.capacityBytes()
                                + "; give the disk or file its full size back");
            }
            return;
        }
        if (superblocks.otherVersion() != 0) {
            throw new VolumeException(
                    Reason.VERSION,
                    "disk=" + facts.uri() + " carries a volume of format version=" + superblocks.otherVersion()
                            + "; this program reads version=" + SuperblockDescriptor.VERSION
                            + ": use a program of that version, or format the disk again");
        }
        if (superblocks.anyOurs()) {
            throw new VolumeException(
                    Reason.DAMAGED,
                    "disk=" + facts.uri() + " carries a volume whose superblocks are both unusable; if its format was"
                            + " interrupted, format it again");
        }
        throw new VolumeException(Reason.NOT_A_VOLUME, "disk=" + facts.uri() + " carries no volume; format it first");
    }
}
