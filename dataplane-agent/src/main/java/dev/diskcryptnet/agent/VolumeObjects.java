package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.ObjectStore;
import dev.diskcryptnet.admin.StoreException;
import dev.diskcryptnet.admin.StoreException.Reason;
import dev.diskcryptnet.volume.ObjectWriter;
import dev.diskcryptnet.volume.StoredObject;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.volume.VolumeException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;

/** The served volume as the admin endpoint sees it. All changes of a serving agent go through here. */
final class VolumeObjects implements ObjectStore {
    private final Volume volume;
    private final VolumeThread thread;
    /** Held from looking whether a path is taken until the change is done. */
    private final Object change = new Object();

    /** @param thread that opened the volume */
    VolumeObjects(Volume volume, VolumeThread thread) {
        this.volume = volume;
        this.thread = thread;
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
                translated(() -> volume.create(path, contentType, System.currentTimeMillis(), expectedBytes));
        return new WriterUpload(path, writer, onlyIfAbsent);
    }

    @Override
    public boolean remove(String path) {
        synchronized (change) {
            return translated(() -> volume.remove(path));
        }
    }

    private final class WriterUpload implements Upload {
        private final String path;
        private final ObjectWriter writer;
        private final boolean onlyIfAbsent;

        WriterUpload(String path, ObjectWriter writer, boolean onlyIfAbsent) {
            this.path = path;
            this.writer = writer;
            this.onlyIfAbsent = onlyIfAbsent;
        }

        @Override
        public void write(ByteBuffer source) {
            translated(() -> {
                writer.write(source);
                return null;
            });
        }

        @Override
        public boolean commit() {
            synchronized (change) {
                boolean free = volume.find(path) == null;
                if (onlyIfAbsent && !free) {
                    thread.run(writer::abort);
                    throw new StoreException(
                            Reason.EXISTS,
                            "path=" + path + " is taken; remove it first, or put without If-None-Match",
                            null);
                }
                translated(writer::commit);
                return free;
            }
        }

        @Override
        public void abort() {
            thread.run(writer::abort);
        }
    }

    private <T> T translated(Supplier<T> call) {
        try {
            return thread.call(call);
        } catch (VolumeException e) {
            throw new StoreException(reason(e.reason()), e.getMessage(), e);
        }
    }

    private static Reason reason(VolumeException.Reason reason) {
        return switch (reason) {
            case BAD_PATH, MISUSE -> Reason.BAD_NAME;
            case NO_SPACE -> Reason.NO_SPACE;
            case READ_ONLY -> Reason.READ_ONLY;
            case DEVICE, OCCUPIED, NOT_A_VOLUME, VERSION, MEMBERS, DAMAGED -> Reason.FAILED;
        };
    }
}
