package dev.diskcryptnet.admin;

import dev.diskcryptnet.volume.ObjectWriter;
import dev.diskcryptnet.volume.StoredObject;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.volume.VolumeException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** The {@link ObjectStore} that a volume is. */
public final class VolumeObjectStore implements ObjectStore {
    private final Volume volume;

    /** Held from the look whether a path is free to the commit that takes it. */
    private final ReentrantLock commits = new ReentrantLock();

    public VolumeObjectStore(Volume volume) {
        this.volume = volume;
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
                translate(() -> volume.create(path, contentType, System.currentTimeMillis(), expectedBytes));
        return new VolumeUpload(path, writer, onlyIfAbsent);
    }

    @Override
    public boolean remove(String path) {
        return translate(() -> volume.remove(path));
    }

    private final class VolumeUpload implements Upload {
        private final String path;
        private final ObjectWriter writer;
        private final boolean onlyIfAbsent;

        VolumeUpload(String path, ObjectWriter writer, boolean onlyIfAbsent) {
            this.path = path;
            this.writer = writer;
            this.onlyIfAbsent = onlyIfAbsent;
        }

        @Override
        public void write(ByteBuffer source) {
            translate(() -> {
                writer.write(source);
                return null;
            });
        }

        @Override
        public boolean commit() {
            commits.lock();
            try {
                boolean free = volume.find(path) == null;
                if (onlyIfAbsent && !free) {
                    throw new StoreException(
                            StoreException.Reason.EXISTS, "path=" + path + " got an object meanwhile", null);
                }
                translate(writer::commit);
                return free;
            } finally {
                commits.unlock();
            }
        }

        @Override
        public void abort() {
            writer.abort();
        }
    }

    private static <T> T translate(Supplier<T> call) {
        try {
            return call.get();
        } catch (VolumeException e) {
            throw new StoreException(reason(e.reason()), e.getMessage(), e);
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
