package dev.diskcryptnet.e2e.onemachine.runner;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A controller that the node runner plays on an API server that has none. */
public enum Played {
    /** StatefulSets have pods. */
    STATEFUL_SETS,
    /** Deployments have pods. */
    DEPLOYMENTS,
    /** Jobs have pods, and end. */
    JOBS,
    /** Pods get a node. */
    SCHEDULER,
    /** What lost its owners goes. */
    GARBAGE_COLLECTOR;

    /** Reads names with commas between them; none in an empty text. */
    static Set<Played> parse(String names) {
        return Arrays.stream(names.split(","))
                .filter(Predicate.not(String::isEmpty))
                .map(Played::valueOf)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Played.class)));
    }
}
