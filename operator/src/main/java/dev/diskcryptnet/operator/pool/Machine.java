package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.TolerationSpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A Kubernetes node, as far as a pool cares. Two equal machines are the same to every pool.
 *
 * @param name     name of the Node
 * @param labels   its labels
 * @param ready    whether its condition Ready is True and it is not being deleted
 * @param cordoned whether it is marked unschedulable
 * @param taints   its taints
 */
record Machine(String name, Map<String, String> labels, boolean ready, boolean cordoned, List<Taint> taints) {
    boolean selectedBy(Map<String, String> selector) {
        return selector.entrySet().stream()
                .allMatch(label -> Objects.equals(labels.get(label.getKey()), label.getValue()));
    }

    /** Why no pod of the tolerations could start here now, for a person; null when one could. */
    String obstacle(List<TolerationSpec> tolerations) {
        if (!ready) {
            return "not Ready";
        }
        if (cordoned) {
            return "cordoned";
        }
        for (Taint taint : taints) {
            if (taint.repels() && !taint.toleratedBy(tolerations)) {
                return "tainted " + taint;
            }
        }
        return null;
    }
}
