package dev.diskcryptnet.volume;

import dev.diskcryptnet.volume.VolumeException.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Many objects published together: their data is written in one stream, flushed once, and one journal entry for each
 * disk makes them visible. Each object is old or new after a crash; the batch as a whole is no transaction. A full
 * batch publishes itself. One thread, and one open writer at a time.
 */
public final class ObjectBatch implements AutoCloseable {
    private static final int MAX_OBJECTS = 4096;
    private static final long MAX_RECORD_BYTES = JournalDescriptor.MAX_ENTRY_BYTES / 2;

    private final Volume volume;
    private final Map<Member, DataChannel> channels = new HashMap<>();
    private final Map<Member, Integer> failedFlushesBefore = new HashMap<>();
    private final List<PendingPut> pending = new ArrayList<>();
    private final Set<String> paths = new HashSet<>();
    private long recordBytes;
    private boolean writerOpen;

    ObjectBatch(Volume volume) {
        this.volume = volume;
    }

    /** As {@link Volume#create}; the object is visible when the batch has been published. */
    public ObjectWriter create(String path, String contentType, long lastModifiedMs, long expectedBytes) {
        if (writerOpen) {
            throw new VolumeException(Reason.MISUSE, "path=" + path + " while the batch has an open writer");
        }
        ObjectSpec spec = new ObjectSpec(path, contentType, lastModifiedMs, expectedBytes);
        if (paths.contains(path)) {
            publish();
        }
        Member member = volume.chooseMember(spec);
        DataChannel channel = channels.computeIfAbsent(member, Member::borrowChannel);
        failedFlushesBefore.putIfAbsent(member, member.failedFlushes());
        ObjectWriter writer = new ObjectWriter(new Owner(), member, channel, spec);
        writerOpen = true;
        return writer;
    }

    /** Objects committed and not yet published. */
    public int pendingObjects() {
        return pending.size();
    }

    /**
     * Makes all committed objects durable and visible.
     *
     * @throws VolumeException when a device refuses; objects on that device are aborted, what was there before stays
     */
    public void publish() {
        if (writerOpen) {
            throw new VolumeException(Reason.MISUSE, "a batch is published while it has an open writer");
        }
        try {
            for (Map.Entry<Member, DataChannel> entry : channels.entrySet()) {
                volume.flushData(entry.getKey(), entry.getValue(), failedFlushesBefore.get(entry.getKey()));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        failedFlushesBefore.replaceAll((member, before) -> member.failedFlushes());
        List<PendingPut> ready = List.copyOf(pending);
        forget();
        volume.publish(ready);
    }

    private void forget() {
        pending.clear();
        paths.clear();
        recordBytes = 0;
    }

    /** Aborts what was not published. */
    @Override
    public void close() {
        channels.forEach(Member::returnChannel);
        channels.clear();
        failedFlushesBefore.clear();
        pending.forEach(put -> put.member().free(put.extents()));
        forget();
    }

    private final class Owner implements ObjectWriter.Owner {
        @Override
        public StoredObject finished(PendingPut put, ObjectWriter writer) {
            pending.add(put);
            paths.add(put.path());
            recordBytes += put.record().length;
            return null;
        }

        @Override
        public void done(ObjectWriter writer) {
            writerOpen = false;
            if (pending.size() >= MAX_OBJECTS || recordBytes >= MAX_RECORD_BYTES) {
                publish();
            }
        }
    }
}
