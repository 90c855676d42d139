package dev.diskcryptnet.operator.pool;

import java.util.Collections;
import java.util.Set;

/**
 * A StreamingNode that the pool does not control.
 *
 * @param id        namespace and name, as NAMESPACE/NAME
 * @param name      name, if it lives in the pool's namespace; else null
 * @param machine   machine that it is pinned to
 * @param claims    devices of the machine that it claims, as {@link Census#claims} has them
 * @param exclusive whether it keeps the pool off the machine whatever it claims: it carries the pool's label, and a
 *                  machine has at most one of those
 */
record Occupant(String id, String name, String machine, Set<String> claims, boolean exclusive) {
    boolean keepsOff(Set<String> wanted) {
        return exclusive || !Collections.disjoint(claims, wanted);
    }
}
