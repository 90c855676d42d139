package dev.diskcryptnet.operator.dependent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DesiredStateTest {
    private final KubernetesSerialization serialization = new KubernetesSerialization();
    private final DesiredState state = new DesiredState(serialization);
    private final StatefulSet desired = set("1024Mi", "--a");

    @Test
    void shouldNotMindWhatTheServerAddsOrWritesItsOwnWay() {
        StatefulSet actual = new StatefulSetBuilder(state.stamped(set("1024Mi", "--a")))
                .editMetadata()
                .withUid("u")
                .withResourceVersion("3")
                .addToAnnotations("others", "x")
                .endMetadata()
                .editSpec()
                .withRevisionHistoryLimit(10)
                .editTemplate()
                .editSpec()
                .withRestartPolicy("Always")
                .editFirstContainer()
                .withImagePullPolicy("IfNotPresent")
                .withNewResources()
                .withLimits(Map.of("memory", new Quantity("1Gi")))
                .endResources()
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .withNewStatus()
                .withReplicas(1)
                .endStatus()
                .build();
        assertTrue(state.matches(state.stamped(desired), actual));
    }

    @Test
    void shouldSeeWhatWasChangedByOthers() {
        StatefulSet actual = state.stamped(set("1024Mi", "--a"));
        actual.getSpec().getTemplate().getSpec().getContainers().getFirst().setArgs(List.of("--b"));
        assertFalse(state.matches(state.stamped(desired), actual));
        StatefulSet smaller = state.stamped(desired);
        smaller.getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getResources()
                .setLimits(Map.of("memory", new Quantity("1Mi")));
        assertFalse(state.matches(state.stamped(desired), smaller));
    }

    @Test
    void shouldSeeWhatIsDesiredNoMore() {
        StatefulSet actual = state.stamped(new StatefulSetBuilder(desired)
                .editSpec()
                .withMinReadySeconds(5)
                .endSpec()
                .build());
        assertFalse(state.matches(state.stamped(desired), actual));
    }

    @Test
    void shouldKeepWhatIsOthersWhenItReplaces() {
        StatefulSet actual = new StatefulSetBuilder(set("1Mi", "--old"))
                .editMetadata()
                .withUid("u")
                .withResourceVersion("3")
                .addToAnnotations("others", "x")
                .withFinalizers("theirs")
                .endMetadata()
                .build();
        StatefulSet merged = state.merged(state.stamped(desired), actual);
        assertEquals("x", merged.getMetadata().getAnnotations().get("others"));
        assertEquals("3", merged.getMetadata().getResourceVersion());
        assertEquals(List.of("theirs"), merged.getMetadata().getFinalizers());
        assertTrue(state.matches(state.stamped(desired), merged));
    }

    private static StatefulSet set(String memory, String argument) {
        return new StatefulSetBuilder()
                .withNewMetadata()
                .withNamespace("x")
                .withName("a")
                .endMetadata()
                .withNewSpec()
                .withReplicas(1)
                .withNewTemplate()
                .withNewSpec()
                .addNewContainer()
                .withName("agent")
                .withArgs(argument)
                .withNewResources()
                .withLimits(Map.of("memory", new Quantity(memory)))
                .endResources()
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }
}
