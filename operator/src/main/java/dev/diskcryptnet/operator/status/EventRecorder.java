package dev.diskcryptnet.operator.status;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** Tells what happened to an object, beside its conditions, which tell how it is. */
public interface EventRecorder {
    /** How an Event is meant. */
    enum Type {
        /** Part of the plan. */
        Normal,
        /** Somebody should look. */
        Warning
    }

    /**
     * Records an Event. What was recorded lately with the same words is not recorded again. It never throws: an Event that
     * cannot be written is no reason to leave work undone.
     *
     * @param regarding what it is about
     * @param reason one CamelCase word
     * @param note for a person, with the device or object in it
     */
    void record(HasMetadata regarding, Type type, String reason, String note);
}
