package dev.diskcryptnet.volume;

import java.util.List;

/**
 * What a verification found.
 *
 * @param objects read
 * @param bytes of objects read
 * @param damages empty when everything is as it was written
 */
public record VerifyReport(long objects, long bytes, List<Damage> damages) {
    /** Whether everything is as it was written. */
    public boolean clean() {
        return damages.isEmpty();
    }
}
