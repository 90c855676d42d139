package dev.diskcryptnet.operator.dependent;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts what is written, by operation and kind: in a steady state nothing but leases and figures. */
public final class CountingApplier implements Applier {
    private static final String NAME = "dcn.operator.api.writes";

    private final Applier applier;
    private final MeterRegistry registry;

    /** Counts the writes of {@code applier} in {@code registry}. */
    public CountingApplier(Applier applier, MeterRegistry registry) {
        this.applier = applier;
        this.registry = registry;
    }

    @Override
    public <T extends HasMetadata> T apply(T desired, T actual) {
        T result = applier.apply(desired, actual);
        if (result != actual) {
            count("apply", desired);
        }
        return result;
    }

    @Override
    public <T extends HasMetadata> T create(T desired) {
        T result = applier.create(desired);
        count("create", desired);
        return result;
    }

    @Override
    public <T extends HasMetadata> T replace(T changed) {
        T result = applier.replace(changed);
        count("replace", changed);
        return result;
    }

    @Override
    public void delete(HasMetadata actual, DeletionPropagation propagation) {
        applier.delete(actual, propagation);
        count("delete", actual);
    }

    @Override
    public <T extends HasMetadata> T writeStatus(T resource) {
        T result = applier.writeStatus(resource);
        count("status", resource);
        return result;
    }

    @Override
    public <T extends HasMetadata> T addFinalizer(T resource, String finalizer) {
        T result = applier.addFinalizer(resource, finalizer);
        if (result != resource) {
            count("finalizer", resource);
        }
        return result;
    }

    @Override
    public <T extends HasMetadata> T removeFinalizer(T resource, String finalizer) {
        T result = applier.removeFinalizer(resource, finalizer);
        if (result != resource) {
            count("finalizer", resource);
        }
        return result;
    }

    private void count(String operation, HasMetadata object) {
        Counter.builder(NAME)
                .description("Writes to the API server")
                .tag("operation", operation)
                .tag("kind", object.getKind())
                .register(registry)
                .increment();
    }
}
