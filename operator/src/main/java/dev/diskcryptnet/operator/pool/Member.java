package dev.diskcryptnet.operator.pool;

import java.time.Duration;
import java.time.Instant;

/**
 * A StreamingNode that a pool controls.
 *
 * @param name            name of the resource
 * @param machine         machine that it is pinned to
 * @param createdAt       when the resource was made
 * @param deleting        whether its deletion was asked for; it holds its machine until it is gone
 * @param ready           whether its condition Ready is True for its present generation
 * @param readyReason     reason of that condition, null before there is one
 * @param readySince      when that condition last changed, null before there is one
 * @param specCurrent     whether its spec is the template's
 * @param metadataCurrent whether its labels and annotations are the template's
 * @param rolledAt        when the pool last changed its spec, null if it never did
 */
record Member(
        String name,
        String machine,
        Instant createdAt,
        boolean deleting,
        boolean ready,
        String readyReason,
        Instant readySince,
        boolean specCurrent,
        boolean metadataCurrent,
        Instant rolledAt) {

    /** Until when the pool's last change of the member may take, whichever it was: made or updated. */
    Instant changeDeadline(Duration progressDeadline) {
        Instant changedAt = rolledAt != null && rolledAt.isAfter(createdAt) ? rolledAt : createdAt;
        return changedAt.plus(progressDeadline);
    }

    /** Since when the member is not ready; meaningless for a ready one. */
    Instant notReadySince() {
        return readySince == null ? createdAt : readySince;
    }
}
