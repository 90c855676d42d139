package dev.diskcryptnet.admin;

import dev.diskcryptnet.volume.ObjectWriter;
import dev.diskcryptnet.volume.StoredObject;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.volume.VolumeException;
import dev.diskcryptnet.volume.VolumeThread;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;

/** The {@link ObjectStore} that a volume is. Whoever calls, all changes happen on the volume's own thread. */
public final class VolumeObjectStore implements ObjectStore {
    private final Volume volume;
    private final VolumeThread thread;
    private final IngestCounters counters;

    /**
     * @param thread that opened the volume
     * @param counters of that thread
     */
    public VolumeObjectStore(Volume volume, VolumeThread thread, IngestCounters counters) {
        this.volume = volume;
        this.thread = thread;
        this.counters = counters;
    }

    @Override
    public StoredObject find(String path) {
        return volume.find(path);
    }

    @Override
    public List<StoredObject> list(String prefix, String after, int limit) {
        return volume.list(prefix, after.isEmpty() ? null : after, limit);
    }

    @Override
    public Upload create(String path, String contentType, long expectedBytes, boolean onlyIfAbsent) {
        ObjectWriter writer =
                changed(() -> volume.create(path, contentType, System.currentTimeMillis(), expectedBytes));
        return new VolumeUpload(path, writer, onlyIfAbsent);
    }

    @Override
    public boolean remove(String path) {
        return changed(() -> {
            boolean removed = volume.remove(path);
            counters.removed.add(removed ? 1 : 0);
            return removed;
        });
    }

    private final class VolumeUpload implements Upload {
        private final String path;
        private final ObjectWriter writer;
        private final boolean onlyIfAbsent;
        /** Committed, failed or aborted. The volume's thread's own. */
        private boolean over;

        VolumeUpload(String path, ObjectWriter writer, boolean onlyIfAbsent) {
            this.path = path;
            this.writer = writer;
            this.onlyIfAbsent = onlyIfAbsent;
        }

        @Override
        public void write(ByteBuffer source) {
            ended(() -> {
                int length = source.remaining();
                writer.write(source);
                counters.bytes.add(length);
                return null;
            });
        }

        @Override
        public boolean commit() {
            // One task, so that nobody takes or frees the path between the look and the commit.
            return ended(() -> {
                boolean free = volume.find(path) == null;
                if (onlyIfAbsent && !free) {
                    writer.abort();
                    counters.onFailure(StoreException.Reason.EXISTS);
                    throw new StoreException(
                            StoreException.Reason.EXISTS,
                            "path=" + path + " is taken; remove it first, or put without If-None-Match",
                            null);
                }
                writer.commit();
                counters.objects.increment();
                over = true;
                return free;
            });
        }

        /** Does a step; the upload is over when it fails. */
        private <T> T ended(Supplier<T> step) {
            return changed(() -> {
                boolean done = false;
                try {
                    T result = step.get();
                    done = true;
                    return result;
                } finally {
                    over |= !done;
                }
            });
        }

        @Override
        public void abort() {
            thread.run(() -> {
                writer.abort();
                counters.aborted.add(over ? 0 : 1);
                over = true;
            });
        }
    }

    private <T> T changed(Supplier<T> change) {
        try {
            return thread.call(() -> counted(change));
        } catch (VolumeException e) {
            throw new StoreException(reason(e.reason()), e.getMessage(), e);
        }
    }

    private <T> T counted(Supplier<T> change) {
        try {
            return change.get();
        } catch (VolumeException e) {
            counters.onFailure(reason(e.reason()));
            throw e;
        }
    }

    private static StoreException.Reason reason(VolumeException.Reason reason) {
        return switch (reason) {
            // Of what an upload does, only its name and type can be misused.
            case BAD_PATH, MISUSE -> StoreException.Reason.BAD_NAME;
            case NO_SPACE -> StoreException.Reason.NO_SPACE;
            case READ_ONLY -> StoreException.Reason.READ_ONLY;
            case DEVICE, OCCUPIED, NOT_A_VOLUME, VERSION, MEMBERS, DAMAGED -> StoreException.Reason.FAILED;
        };
    }
}
