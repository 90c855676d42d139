package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.TolerationSpec;
import java.util.List;

/**
 * A taint of a machine.
 *
 * @param key    never null
 * @param value  may be null or empty
 * @param effect NoSchedule, PreferNoSchedule or NoExecute
 */
record Taint(String key, String value, String effect) {
    /** Whether the taint keeps pods away that do not tolerate it; PreferNoSchedule only advises. */
    boolean repels() {
        return !"PreferNoSchedule".equals(effect);
    }

    /** Whether one of the tolerations matches, by the rules of Kubernetes' {@code Toleration.ToleratesTaint}. */
    boolean toleratedBy(List<TolerationSpec> tolerations) {
        return tolerations.stream().anyMatch(this::toleratedBy);
    }

    private boolean toleratedBy(TolerationSpec toleration) {
        if (given(toleration.effect) && !toleration.effect.equals(effect)) {
            return false;
        }
        if (given(toleration.key) && !toleration.key.equals(key)) {
            return false;
        }
        if ("Exists".equals(toleration.operator)) {
            return true;
        }
        return given(toleration.key) && text(toleration.value).equals(text(value));
    }

    @Override
    public String toString() {
        return given(value) ? key + "=" + value + ":" + effect : key + ":" + effect;
    }

    private static boolean given(String text) {
        return text != null && !text.isEmpty();
    }

    private static String text(String text) {
        return text == null ? "" : text;
    }
}
