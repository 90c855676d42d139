package dev.diskcryptnet.volume;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.volume.VolumeException.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objects by path on one or more dedicated disks. Each disk is a member complete in itself and an object lies wholly
 * on one; the volume is the union of the members that are open, so a lost disk costs its own objects only.
 *
 * <p>Lookups and leases take no lock. Writers stream side by side; publishing is one at a time. A crash at any instant
 * leaves an object's old or new state. The disks stay the caller's: close them after the volume.
 */
public final class Volume implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Volume.class);

    private final List<Member> members;
    private final ObjectIndex index;
    private final List<String> warnings;
    private final boolean readOnly;
    private final ReentrantLock catalogue = new ReentrantLock();
    private long lastSequence;
    private boolean closed;

    private Volume(List<Member> members, VolumeLoad load, List<String> warnings, boolean readOnly) {
        this.members = members;
        this.index = load.index();
        this.warnings = warnings;
        this.readOnly = readOnly;
        this.lastSequence = load.lastSequence();
    }

    /**
     * Makes the disks given the members of a new, empty volume. All are examined before the first is written.
     *
     * @return the new volume's UUID
     * @throws VolumeException OCCUPIED when a disk holds anything, named in the message; NO_SPACE when it is too small
     */
    public static UUID format(List<Disk> disks, FormatOptions options) {
        return VolumeFormat.format(disks, options);
    }

    /**
     * Opens the members on the disks given. A member that is missing is a warning of {@link #info}, as is damage.
     *
     * @param disks {@link StoredObject#disk()} counts in this order
     * @param readOnly whether nothing may be written, not even what a crash left to be put right
     * @throws VolumeException NOT_A_VOLUME, VERSION, MEMBERS, DAMAGED or DEVICE
     */
    public static Volume open(List<Disk> disks, boolean readOnly) {
        List<Member> members = new ArrayList<>();
        try {
            for (Disk disk : disks) {
                members.add(new Member(disk, members.size()));
            }
            List<String> warnings = new ArrayList<>();
            checkMembers(members, warnings);
            VolumeLoad load = new VolumeLoad(members, warnings);
            load.run();
            Volume volume = new Volume(members, load, warnings, readOnly);
            if (!readOnly) {
                volume.prepareForWriting(load.superseded());
            }
            warnings.forEach(LOG::warn);
            return volume;
        } catch (RuntimeException e) {
            members.forEach(Member::close);
            throw e;
        }
    }

    private static void checkMembers(List<Member> members, List<String> warnings) {
        if (members.isEmpty()) {
            throw new VolumeException(Reason.MEMBERS, "no disk was given");
        }
        Superblock first = members.getFirst().superblock();
        Map<Integer, Member> seen = new LinkedHashMap<>();
        for (Member member : members) {
            Superblock superblock = member.superblock();
            String uri = member.disk().facts().uri();
            if (!superblock.volumeUuid().equals(first.volumeUuid())) {
                throw new VolumeException(
                        Reason.MEMBERS,
                        "disk=" + uri + " belongs to volume=" + superblock.volumeUuid() + " but disk="
                                + members.getFirst().disk().facts().uri() + " to volume=" + first.volumeUuid()
                                + "; open the disks of one volume together");
            }
            Member twin = seen.put(superblock.memberIndex(), member);
            if (twin != null) {
                throw new VolumeException(
                        Reason.MEMBERS,
                        "disk=" + uri + " and disk=" + twin.disk().facts().uri() + " are both member "
                                + (superblock.memberIndex() + 1) + "; name each disk once and no copies");
            }
            if (member.superblockWarning() != null) {
                warnings.add(member.superblockWarning());
            }
        }
        for (int i = 0; i < first.memberCount(); i++) {
            if (!seen.containsKey(i)) {
                warnings.add("volume=" + first.volumeUuid() + " member " + (i + 1) + " of " + first.memberCount()
                        + " is missing; its objects are not there until its disk is named, too");
            }
        }
    }

    private void prepareForWriting(List<VolumeObject> superseded) {
        members.forEach(member -> member.prepareForWriting(lastSequence));
        for (Member member : members) {
            removeFrom(
                    member,
                    superseded.stream().filter(o -> o.member() == member).toList());
        }
    }

    /** The object at {@code path}, or null. Any thread, no lock, no allocation. */
    public StoredObject find(String path) {
        return index.get(path);
    }

    /**
     * Objects in order of their paths.
     *
     * @param prefix of the path, may be empty
     * @param after only paths behind this one, or null
     * @param limit most objects
     */
    public List<StoredObject> list(String prefix, String after, int limit) {
        if (!index.isSorted()) {
            catalogue.lock();
            try {
                index.sort();
            } finally {
                catalogue.unlock();
            }
        }
        return index.list(prefix, after, limit);
    }

    /** Reads an object from its start, holding a lease until closed; null when it has been removed meanwhile. */
    public ObjectReader read(StoredObject object) {
        return object.acquire() ? new ObjectReader((VolumeObject) object) : null;
    }

    /**
     * Starts a new object, which replaces one of the same path when it is committed.
     *
     * @param path absolute and normalised, at most 1024 bytes of UTF-8
     * @param lastModifiedMs milliseconds since the epoch
     * @param expectedBytes size if it is known, else -1; a known size gets its space at once and in one piece
     * @throws VolumeException BAD_PATH, READ_ONLY, NO_SPACE
     */
    public ObjectWriter create(String path, String contentType, long lastModifiedMs, long expectedBytes) {
        ObjectSpec spec = new ObjectSpec(path, contentType, lastModifiedMs, expectedBytes);
        Member member = chooseMember(spec);
        DataChannel channel = member.borrowChannel();
        try {
            return new ObjectWriter(new SingleOwner(), member, channel, spec);
        } catch (RuntimeException e) {
            member.returnChannel(channel);
            throw e;
        }
    }

    /** Starts a batch of objects that are published together. */
    public ObjectBatch batch() {
        requireWritable();
        return new ObjectBatch(this);
    }

    /** Removes an object durably; its space is free when its last lease has gone. False when there is none. */
    public boolean remove(String path) {
        requireWritable();
        catalogue.lock();
        try {
            VolumeObject object = index.get(path);
            if (object == null) {
                return false;
            }
            publishRemoval(object.member(), List.of(object));
            index.remove(path);
            return true;
        } finally {
            catalogue.unlock();
        }
    }

    /** Reads everything and compares it with its checksums. The volume may be in use. */
    public VerifyReport verify(ProgressListener progress) {
        return new Verifier(this, members, index, catalogue).run(progress);
    }

    /**
     * Looks whether a disk that was taken out and is back is the member it was, before it is put under this volume again.
     *
     * @param disk its number, as in {@link StoredObject#disk()}
     * @param found the disk, opened anew; stays the caller's
     * @throws VolumeException MEMBERS when it is another one, or was written meanwhile; DEVICE when it cannot be read
     */
    public void checkReturned(int disk, Disk found) {
        catalogue.lock();
        try {
            members.get(disk).checkReturned(found);
        } finally {
            catalogue.unlock();
        }
    }

    /** What the volume is now; null when that would have to wait for somebody who changes it. */
    public VolumeInfo tryInfo() {
        if (!catalogue.tryLock()) {
            return null;
        }
        try {
            return info();
        } finally {
            catalogue.unlock();
        }
    }

    /** What the volume is now. */
    public VolumeInfo info() {
        catalogue.lock();
        try {
            List<VolumeInfo.MemberInfo> infos =
                    members.stream().map(Volume::memberInfo).toList();
            Superblock first = members.getFirst().superblock();
            return new VolumeInfo(
                    first.volumeUuid(),
                    readOnly,
                    index.size(),
                    infos.stream()
                            .mapToLong(VolumeInfo.MemberInfo::capacityBytes)
                            .sum(),
                    infos.stream().mapToLong(VolumeInfo.MemberInfo::freeBytes).sum(),
                    first.memberCount(),
                    infos,
                    List.copyOf(warnings));
        } finally {
            catalogue.unlock();
        }
    }

    private static VolumeInfo.MemberInfo memberInfo(Member member) {
        Superblock superblock = member.superblock();
        return new VolumeInfo.MemberInfo(
                member.index(),
                member.disk().facts().id(),
                superblock.memberUuid(),
                superblock.memberIndex(),
                member.objects(),
                superblock.capacityBytes(),
                member.freeBytes(),
                superblock.journalLengthBytes(),
                member.journalUsedBytes(),
                superblock.generation(),
                member.readOnlyReason());
    }

    /** Ends all use of the disks; writers must be done. The disks stay open. */
    @Override
    public void close() {
        catalogue.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (!readOnly) {
                members.forEach(this::seal);
            }
            members.forEach(Member::close);
        } finally {
            catalogue.unlock();
        }
    }

    private void seal(Member member) {
        try {
            member.seal(lastSequence);
        } catch (VolumeException e) {
            LOG.atWarn()
                    .addKeyValue("disk", member.disk().facts().uri())
                    .addKeyValue("error", e)
                    .addKeyValue("hint", "its objects are safe")
                    .log("disk-not-closed-cleanly");
        }
    }

    long lastSequence() {
        return lastSequence;
    }

    Member chooseMember(ObjectSpec spec) {
        requireWritable();
        VolumeObject old = index.get(spec.path());
        if (old != null
                && !old.member().readOnly()
                && old.member().freeBytes() >= SuperblockDescriptor.roundUp(Math.max(1, spec.expectedBytes()))) {
            return old.member();
        }
        Member best = null;
        for (Member member : members) {
            if (!member.readOnly() && (best == null || member.freeBytes() > best.freeBytes())) {
                best = member;
            }
        }
        if (best == null) {
            members.getFirst().requireWritable();
        }
        return best;
    }

    private void requireWritable() {
        if (readOnly) {
            throw new VolumeException(
                    Reason.READ_ONLY,
                    "volume=" + members.getFirst().superblock().volumeUuid()
                            + " is open for reading only; open it for writing");
        }
    }

    /** Makes data durable before its record is. */
    void flushData(Member member, DataChannel channel, int failedFlushesBefore) {
        try {
            channel.flush();
        } catch (VolumeException e) {
            member.flushFailed();
            throw e;
        }
        if (member.failedFlushes() != failedFlushesBefore) {
            throw new VolumeException(
                    Reason.DEVICE,
                    "disk=" + member.disk().facts().uri()
                            + " failed to flush while the object was written, so its data may be lost; put it again");
        }
    }

    /**
     * Publishes objects whose data is durable. Owns their space from the call on.
     *
     * @throws VolumeException the first failure; objects on other members are published all the same
     */
    List<StoredObject> publish(List<PendingPut> puts) {
        Map<Member, List<PendingPut>> byMember = new LinkedHashMap<>();
        puts.forEach(put ->
                byMember.computeIfAbsent(put.member(), m -> new ArrayList<>()).add(put));
        List<StoredObject> published = new ArrayList<>(puts.size());
        VolumeException failure = null;
        catalogue.lock();
        try {
            for (Map.Entry<Member, List<PendingPut>> entry : byMember.entrySet()) {
                try {
                    publishOn(entry.getKey(), entry.getValue(), published);
                } catch (VolumeException e) {
                    giveBack(entry.getKey(), entry.getValue(), e.reason() == Reason.DEVICE);
                    failure = failure == null ? e : failure;
                }
            }
        } finally {
            catalogue.unlock();
        }
        if (failure != null) {
            throw failure;
        }
        return published;
    }

    private static void giveBack(Member member, List<PendingPut> puts, boolean mayBeOnDisk) {
        for (PendingPut put : puts) {
            if (mayBeOnDisk) {
                member.freeAfterNextPublish(put.extents());
            } else {
                member.free(put.extents());
            }
        }
    }

    private void publishOn(Member member, List<PendingPut> puts, List<StoredObject> published) {
        List<byte[]> records = new ArrayList<>(puts.size());
        long bytes = 0;
        long before = lastSequence;
        for (PendingPut put : puts) {
            CatalogueRecord.setSequence(put.record(), ++lastSequence);
            records.add(put.record());
            bytes += put.record().length;
        }
        member.requireReserve(bytes);
        member.publish(records, lastSequence, this::isLive);
        List<VolumeObject> elsewhere = new ArrayList<>();
        for (PendingPut put : puts) {
            VolumeObject object = new VolumeObject(
                    put.path(),
                    put.contentType().intern(),
                    member,
                    put.sizeBytes(),
                    put.lastModifiedMs(),
                    put.checksum(),
                    ++before,
                    put.extents());
            VolumeObject old = index.put(object);
            member.counted(1, put.record().length);
            published.add(object);
            if (old != null && old.member() == member) {
                member.counted(-1, -VolumeLoad.recordBytes(old));
                old.removed();
            } else if (old != null) {
                elsewhere.add(old);
            }
        }
        for (Member other : members) {
            removeFrom(
                    other, elsewhere.stream().filter(o -> o.member() == other).toList());
        }
    }

    /** Removes what a newer version on another member replaced; if that fails, the next open does it. */
    private void removeFrom(Member member, List<VolumeObject> objects) {
        if (objects.isEmpty()) {
            return;
        }
        try {
            publishRemoval(member, objects);
        } catch (VolumeException e) {
            LOG.atWarn()
                    .addKeyValue("objects", objects.size())
                    .addKeyValue("error", e)
                    .addKeyValue("hint", "they keep their space until the volume is opened again")
                    .log("replaced-not-removed");
        }
    }

    private void publishRemoval(Member member, List<VolumeObject> objects) {
        List<byte[]> records = new ArrayList<>(objects.size());
        for (VolumeObject object : objects) {
            byte[] record = CatalogueRecord.remove(object.path());
            CatalogueRecord.setSequence(record, ++lastSequence);
            records.add(record);
        }
        member.publish(records, lastSequence, this::isLive);
        for (VolumeObject object : objects) {
            member.counted(-1, -VolumeLoad.recordBytes(object));
            object.removed();
        }
    }

    private boolean isLive(CatalogueRecord record) {
        VolumeObject object = index.get(record.path());
        return object != null && object.sequence() == record.sequence();
    }

    private final class SingleOwner implements ObjectWriter.Owner {
        @Override
        public StoredObject finished(PendingPut put, ObjectWriter writer) {
            flushData(writer.member(), writer.channel(), writer.failedFlushesBefore());
            writer.keepSpace();
            return publish(List.of(put)).getFirst();
        }

        @Override
        public void done(ObjectWriter writer) {
            writer.member().returnChannel(writer.channel());
        }
    }
}
