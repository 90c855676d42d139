package dev.diskcryptnet.volume;

/** Follows long work on a volume. */
@FunctionalInterface
public interface ProgressListener {
    /**
     * @param objects done so far
     * @param bytes done so far
     * @param path the object at hand
     */
    void onProgress(long objects, long bytes, String path);
}
