package dev.diskcryptnet.volume;

import java.util.List;
import java.util.UUID;

/**
 * What a volume is at one moment.
 *
 * @param memberCount members the volume was made of; fewer may be open
 * @param warnings what whoever runs the volume should know: missing members, damage, repairs; sentences
 */
public record VolumeInfo(
        UUID uuid,
        boolean readOnly,
        long objects,
        long capacityBytes,
        long freeBytes,
        int memberCount,
        List<MemberInfo> members,
        List<String> warnings) {

    /**
     * One open disk of the volume.
     *
     * @param disk as {@link StoredObject#disk()} counts
     * @param diskId the disk's short name
     * @param generation of the superblock that counts
     * @param readOnlyReason why the member takes no writes although the volume does, or null
     */
    public record MemberInfo(
            int disk,
            String diskId,
            UUID uuid,
            int memberIndex,
            long objects,
            long capacityBytes,
            long freeBytes,
            long journalBytes,
            long journalUsedBytes,
            long generation,
            String readOnlyReason) {}
}
