package dev.diskcryptnet.crds;

import java.util.List;
import java.util.Objects;

/**
 * What of a resource's spec its reader does not understand, as a newer version may have written it: unknown fields and
 * values. Its own fields then hold what was understood.
 *
 * @param spec as it was written, in the reader's own form; it has to be kept when the resource is written back
 * @param problems each with the path of a field and what to do
 */
public record Unread(Object spec, List<String> problems) {
    /** A resource that may have been understood in part. */
    public interface Carrier {
        /** What was not understood; null when all was. */
        Unread unread();

        /** Notes what was not understood; null when all was. */
        void unread(Unread part);
    }

    /** Neither is null, and there is at least one problem. */
    public Unread {
        Objects.requireNonNull(spec, "spec");
        problems = List.copyOf(problems);
    }
}
