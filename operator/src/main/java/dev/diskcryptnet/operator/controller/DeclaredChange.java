package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.StreamingNode;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.javaoperatorsdk.operator.processing.event.source.filter.OnUpdateFilter;
import java.util.Objects;

/** Lets through changes that a person or another controller made; our own writes of the status are none. */
public final class DeclaredChange implements OnUpdateFilter<StreamingNode> {
    @Override
    public boolean accept(StreamingNode now, StreamingNode before) {
        ObjectMeta after = now.getMetadata();
        ObjectMeta earlier = before.getMetadata();
        return !Objects.equals(after.getGeneration(), earlier.getGeneration())
                || !Objects.equals(after.getUid(), earlier.getUid())
                || !Objects.equals(after.getDeletionTimestamp(), earlier.getDeletionTimestamp())
                || !Objects.equals(after.getFinalizers(), earlier.getFinalizers())
                || !Objects.equals(after.getAnnotations(), earlier.getAnnotations())
                || !Objects.equals(after.getLabels(), earlier.getLabels());
    }
}
