package dev.diskcryptnet.operator.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ContainerImage;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import org.junit.jupiter.api.Test;

/** What the caches of pools keep. */
class LeanStoreTest {
    @Test
    void shouldKeepWhatPlansLookAtAndNothingLarge() {
        Node node = new NodeBuilder()
                .withNewMetadata()
                .withName("m1")
                .addToLabels("rack", "7")
                .addToAnnotations("note", "long")
                .withManagedFields(new ManagedFieldsEntry())
                .endMetadata()
                .withNewSpec()
                .withUnschedulable(true)
                .addNewTaint("NoSchedule", "dedicated", null, "video")
                .endSpec()
                .withNewStatus()
                .withImages(new ContainerImage())
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build();
        Machine before = Observation.machine(node);

        LeanStore<Node> store = new LeanStore<>(LeanStore::lean);
        store.put("m1", node);

        Node kept = store.get("m1");
        assertEquals(before, Observation.machine(kept));
        assertTrue(before.ready() && before.cordoned() && before.taints().size() == 1);
        assertTrue(kept.getStatus().getImages().isEmpty()
                && kept.getMetadata().getManagedFields().isEmpty()
                && kept.getMetadata().getAnnotations().isEmpty());
    }
}
