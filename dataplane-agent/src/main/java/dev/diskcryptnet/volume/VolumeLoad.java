package dev.diskcryptnet.volume;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds the index of a volume from its members' catalogues. Where two members hold one path, a crash came between
 * publishing on the one and removing from the other: the higher sequence wins.
 */
final class VolumeLoad {
    private static final int LENGTH_BITS = 28;
    private static final long MAX_PACKED_BLOCKS = (1L << LENGTH_BITS) - 1;

    private final List<Member> members;
    private final ObjectIndex index;
    private final List<String> warnings;
    private final Map<Member, Map<String, VolumeObject>> superseded = new HashMap<>();
    private final Map<String, String> contentTypes = new HashMap<>();
    private long lastSequence;

    VolumeLoad(List<Member> members, List<String> warnings) {
        this.members = members;
        this.warnings = warnings;
        long expected = 0;
        for (Member member : members) {
            expected += member.superblock().checkpointRecords();
        }
        this.index = new ObjectIndex(expected);
    }

    ObjectIndex index() {
        return index;
    }

    long lastSequence() {
        return lastSequence;
    }

    /** Objects that another member's newer version has replaced, and whose removal did not get to the disk. */
    List<VolumeObject> superseded() {
        List<VolumeObject> all = new ArrayList<>();
        superseded.values().forEach(objects -> all.addAll(objects.values()));
        return all;
    }

    void run() {
        for (Member member : members) {
            lastSequence = Math.max(lastSequence, member.superblock().lastSequence());
            String uri = member.disk().facts().uri();
            superseded.put(member, new HashMap<>());
            member.load(
                    record -> take(member, record),
                    damage -> warnings.add(damage.on(member.index()) + " (" + uri + "); the disk takes no writes;"
                            + " run verify, copy what is whole elsewhere and format it again"),
                    note -> warnings.add("disk=" + uri + " " + note));
        }
        for (Member member : members) {
            loadSpace(member);
        }
    }

    private void take(Member member, CatalogueRecord record) {
        lastSequence = Math.max(lastSequence, record.sequence());
        String path = record.path();
        VolumeObject seen = index.get(path);
        Map<String, VolumeObject> losers = superseded.get(member);
        losers.remove(path);
        if (!record.isPut()) {
            if (seen != null && seen.member() == member) {
                index.remove(path);
            }
            return;
        }
        VolumeObject object = object(member, path, record);
        if (seen == null || seen.member() == member) {
            index.put(object);
        } else if (object.sequence() > seen.sequence()) {
            index.put(object);
            superseded.get(seen.member()).put(path, seen);
        } else {
            losers.put(path, object);
        }
    }

    private VolumeObject object(Member member, String path, CatalogueRecord record) {
        String contentType = contentTypes.computeIfAbsent(record.contentType(), type -> type);
        return new VolumeObject(
                path,
                contentType,
                member,
                record.sizeBytes(),
                record.lastModifiedMs(),
                record.checksum(),
                record.sequence(),
                record.extents());
    }

    private void loadSpace(Member member) {
        PackedExtents taken = new PackedExtents();
        taken.add(member.superblock().checkpointExtents());
        for (VolumeObject object : index.objects()) {
            if (object.member() == member) {
                taken.add(object.extents());
                member.counted(1, recordBytes(object));
            }
        }
        for (VolumeObject object : superseded.get(member).values()) {
            taken.add(object.extents());
            member.counted(1, recordBytes(object));
        }
        String overlap = member.loadSpace(taken.sorted());
        if (overlap != null) {
            warnings.add("disk=" + member.disk().facts().uri() + " " + overlap + "; the disk takes no writes");
        }
    }

    /** Bytes that the object's put record takes in a catalogue. */
    static long recordBytes(VolumeObject object) {
        long size = object.sizeBytes();
        int pieces = Math.toIntExact((size + RecordDescriptor.PIECE_BYTES - 1) / RecordDescriptor.PIECE_BYTES);
        return RecordDescriptor.length(
                object.extents().length / 2, pieces, utf8Bytes(object.path()), utf8Bytes(object.contentType()));
    }

    private static int utf8Bytes(String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // A surrogate pair is four bytes: two for each half.
            bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }

    /** Extents as one long each, block number above and blocks below, so that a million sort fast. */
    private static final class PackedExtents {
        private long[] packed = new long[1024];
        private int count;

        void add(long[] extents) {
            for (int i = 0; i < extents.length; i += 2) {
                long block = extents[i] / SuperblockDescriptor.BLOCK_BYTES;
                long blocks = extents[i + 1] / SuperblockDescriptor.BLOCK_BYTES;
                while (blocks > 0) {
                    long part = Math.min(blocks, MAX_PACKED_BLOCKS);
                    if (count == packed.length) {
                        packed = Arrays.copyOf(packed, count * 2);
                    }
                    packed[count++] = block << LENGTH_BITS | part;
                    block += part;
                    blocks -= part;
                }
            }
        }

        /** Pairs of offset and length by offset, neighbours joined. */
        long[] sorted() {
            Arrays.sort(packed, 0, count);
            long[] extents = new long[2 * count];
            for (int i = 0; i < count; i++) {
                extents[2 * i] = (packed[i] >>> LENGTH_BITS) * SuperblockDescriptor.BLOCK_BYTES;
                extents[2 * i + 1] = (packed[i] & MAX_PACKED_BLOCKS) * SuperblockDescriptor.BLOCK_BYTES;
            }
            return Extents.joined(extents);
        }
    }
}
