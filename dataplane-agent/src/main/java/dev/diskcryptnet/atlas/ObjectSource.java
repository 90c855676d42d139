package dev.diskcryptnet.atlas;

import dev.diskcryptnet.volume.StoredObject;

/** Where a worker looks a path up. Safe from any thread, and never waits. */
@FunctionalInterface
public interface ObjectSource {
    /** The object at {@code path}, or null. */
    StoredObject find(String path);
}
