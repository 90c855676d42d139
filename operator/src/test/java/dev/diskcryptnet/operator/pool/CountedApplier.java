package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.operator.dependent.Applier;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Counts writes. It can be that of an operator that ends: after its last write, which succeeds, nothing succeeds. And
 * it can lose the answers to writes that succeed.
 */
final class CountedApplier implements Applier {
    final List<String> writes = new CopyOnWriteArrayList<>();
    private final Applier applier;
    private final AtomicInteger left;

    private final BooleanSupplier losesAnswer;

    CountedApplier(Applier applier, int writesLeft) {
        this(applier, writesLeft, () -> false);
    }

    CountedApplier(Applier applier, int writesLeft, BooleanSupplier losesAnswer) {
        this.applier = applier;
        this.left = new AtomicInteger(writesLeft);
        this.losesAnswer = losesAnswer;
    }

    boolean ended() {
        return left.get() <= 0;
    }

    private <T> T write(String what, HasMetadata object, Supplier<T> write) {
        if (left.getAndDecrement() <= 0) {
            throw new IllegalStateException("this operator has ended");
        }
        writes.add(what + " " + object.getKind() + " " + object.getMetadata().getName());
        T written = write.get();
        if (ended()) {
            throw new IllegalStateException("this operator ends here");
        }
        if (losesAnswer.getAsBoolean()) {
            throw new KubernetesClientException("the answer is lost");
        }
        return written;
    }

    @Override
    public <T extends HasMetadata> T apply(T desired, T actual) {
        return write("apply", desired, () -> applier.apply(desired, actual));
    }

    @Override
    public <T extends HasMetadata> T create(T desired) {
        return write("create", desired, () -> applier.create(desired));
    }

    @Override
    public <T extends HasMetadata> T replace(T changed) {
        return write("replace", changed, () -> applier.replace(changed));
    }

    @Override
    public void delete(HasMetadata actual, DeletionPropagation propagation) {
        write("delete", actual, () -> {
            applier.delete(actual, propagation);
            return null;
        });
    }

    @Override
    public <T extends HasMetadata> T writeStatus(T resource) {
        return write("status", resource, () -> applier.writeStatus(resource));
    }

    @Override
    public <T extends HasMetadata> T addFinalizer(T resource, String finalizer) {
        return write("finalizer", resource, () -> applier.addFinalizer(resource, finalizer));
    }

    @Override
    public <T extends HasMetadata> T removeFinalizer(T resource, String finalizer) {
        return write("finalizer", resource, () -> applier.removeFinalizer(resource, finalizer));
    }
}
