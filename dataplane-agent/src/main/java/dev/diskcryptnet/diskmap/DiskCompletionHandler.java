package dev.diskcryptnet.diskmap;

/** Receives completions of a {@link DiskQueue}. */
@FunctionalInterface
public interface DiskCompletionHandler {
    /**
     * @param token as given when the command was queued
     * @param result bytes transferred, or {@code -errno}
     */
    void onCompletion(long token, int result);
}
