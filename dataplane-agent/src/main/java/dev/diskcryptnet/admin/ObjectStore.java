package dev.diskcryptnet.admin;

import dev.diskcryptnet.volume.StoredObject;
import java.nio.ByteBuffer;
import java.util.List;

/** What the endpoint asks of the volume. Calls may block and come from several threads. */
public interface ObjectStore {
    /** The object at a path, or null. */
    StoredObject find(String path);

    /**
     * Objects in ascending order of their paths.
     *
     * @param prefix what paths begin with; empty for all
     * @param after paths up to and including this one are left out; empty for none
     * @param limit most objects to return
     */
    List<StoredObject> list(String prefix, String after, int limit);

    /**
     * Begins an object.
     *
     * @param expectedBytes its size, or -1 when it is not known
     * @param onlyIfAbsent whether the commit fails with {@link StoreException.Reason#EXISTS} if the path is taken
     * @throws StoreException when it cannot be stored
     */
    Upload create(String path, String contentType, long expectedBytes, boolean onlyIfAbsent);

    /** Removes an object; false if there is none. */
    boolean remove(String path);

    /** An object that is being written. One call at a time; nothing of it is visible before {@link #commit}. */
    interface Upload {
        /** Takes all remaining bytes. */
        void write(ByteBuffer source);

        /**
         * Makes the object durable and visible.
         *
         * @return whether the path was free before
         */
        boolean commit();

        /** Gives the space back. Does nothing after a commit. */
        void abort();
    }
}
