package dev.diskcryptnet.admin;

import dev.diskcryptnet.volume.StoredObject;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A store on the heap that can be made slow, full or broken. */
final class MemoryStore implements ObjectStore {
    final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>();
    final AtomicLong received = new AtomicLong();
    final AtomicInteger open = new AtomicInteger();
    final AtomicInteger aborted = new AtomicInteger();
    volatile long capacityBytes = 1L << 40;
    volatile Semaphore writes = new Semaphore(Integer.MAX_VALUE);
    volatile boolean keepBytes = true;
    volatile RuntimeException failure;

    record Stored(String path, long sizeBytes, String contentType, String etag, long lastModifiedMs, byte[] bytes)
            implements StoredObject {
        @Override
        public int disk() {
            return 0;
        }

        @Override
        public long deviceOffset(long objectOffset) {
            return objectOffset;
        }

        @Override
        public long contiguousBytes(long objectOffset) {
            return sizeBytes - objectOffset;
        }

        @Override
        public boolean acquire() {
            return true;
        }

        @Override
        public void release() {}
    }

    @Override
    public StoredObject find(String path) {
        return objects.get(path);
    }

    @Override
    public List<StoredObject> list(String prefix, String after, int limit) {
        return objects.tailMap(after, false).values().stream()
                .filter(o -> o.path().startsWith(prefix))
                .limit(limit)
                .map(StoredObject.class::cast)
                .toList();
    }

    @Override
    public Upload create(String path, String contentType, long expectedBytes, boolean onlyIfAbsent) {
        if (path.contains("//") || path.endsWith("/")) {
            throw new StoreException(StoreException.Reason.BAD_NAME, "path=" + path + " is not normalised", null);
        }
        if (expectedBytes > capacityBytes) {
            throw full(path);
        }
        open.incrementAndGet();
        return new MemoryUpload(path, contentType, onlyIfAbsent);
    }

    private StoreException full(String path) {
        return new StoreException(StoreException.Reason.NO_SPACE, "no space for path=" + path, null);
    }

    @Override
    public boolean remove(String path) {
        return objects.remove(path) != null;
    }

    private final class MemoryUpload implements Upload {
        private final String path;
        private final String contentType;
        private final boolean onlyIfAbsent;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private long size;
        private boolean ended;

        MemoryUpload(String path, String contentType, boolean onlyIfAbsent) {
            this.path = path;
            this.contentType = contentType;
            this.onlyIfAbsent = onlyIfAbsent;
        }

        @Override
        public void write(ByteBuffer source) {
            writes.acquireUninterruptibly();
            if (failure != null) {
                throw failure;
            }
            size += source.remaining();
            received.addAndGet(source.remaining());
            if (size > capacityBytes) {
                throw full(path);
            }
            byte[] part = new byte[source.remaining()];
            source.get(part);
            if (keepBytes) {
                bytes.writeBytes(part);
            }
        }

        @Override
        public boolean commit() {
            var object = new Stored(path, size, contentType, "\"" + size + "\"", 0, bytes.toByteArray());
            if (onlyIfAbsent && objects.containsKey(path)) {
                throw new StoreException(StoreException.Reason.EXISTS, "path=" + path + " is taken", null);
            }
            end();
            return objects.put(path, object) == null;
        }

        @Override
        public void abort() {
            if (!ended) {
                aborted.incrementAndGet();
                end();
            }
        }

        private void end() {
            ended = true;
            open.decrementAndGet();
        }
    }
}
