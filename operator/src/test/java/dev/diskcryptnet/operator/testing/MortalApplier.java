package dev.diskcryptnet.operator.testing;

import dev.diskcryptnet.operator.dependent.Applier;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.function.Supplier;

/** Writes, until the process that it plays is killed at one of its writes: right before it or right after. */
public final class MortalApplier implements Applier {
    /** The process is gone. */
    public static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Killed(String where) {
            super(where);
        }
    }

    private final Applier applier;
    private final int deadly;
    private final boolean before;
    private int writes;
    private boolean dead;

    /**
     * Plays.
     *
     * @param deadly number of the write that it dies at, from 1; 0 to live
     * @param before whether that write is not made
     */
    public MortalApplier(Applier applier, int deadly, boolean before) {
        this.applier = applier;
        this.deadly = deadly;
        this.before = before;
    }

    /** Writes so far. */
    public int writes() {
        return writes;
    }

    @Override
    public <T extends HasMetadata> T apply(T desired, T actual) {
        return write("apply " + desired.getKind(), () -> applier.apply(desired, actual));
    }

    @Override
    public <T extends HasMetadata> T create(T desired) {
        return write("create " + desired.getKind(), () -> applier.create(desired));
    }

    @Override
    public <T extends HasMetadata> T replace(T changed) {
        return write("replace " + changed.getKind(), () -> applier.replace(changed));
    }

    @Override
    public void delete(HasMetadata actual, DeletionPropagation propagation) {
        write("delete " + actual.getKind(), () -> {
            applier.delete(actual, propagation);
            return null;
        });
    }

    @Override
    public <T extends HasMetadata> T writeStatus(T resource) {
        return write("status", () -> applier.writeStatus(resource));
    }

    @Override
    public <T extends HasMetadata> T addFinalizer(T resource, String finalizer) {
        return write("add finalizer", () -> applier.addFinalizer(resource, finalizer));
    }

    @Override
    public <T extends HasMetadata> T removeFinalizer(T resource, String finalizer) {
        return write("remove finalizer", () -> applier.removeFinalizer(resource, finalizer));
    }

    private <T> T write(String what, Supplier<T> write) {
        if (dead) {
            throw new Killed(what);
        }
        writes++;
        boolean now = writes == deadly;
        if (now && before) {
            dead = true;
            throw new Killed("before " + what);
        }
        T result = write.get();
        if (now) {
            dead = true;
            throw new Killed("after " + what);
        }
        return result;
    }
}
