package dev.diskcryptnet.operator.dependent;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * The only way in which reconcilers write. Each call is at most one write to the API server, and none when the object is
 * as wanted already, so that a steady state writes nothing. All calls throw
 * {@link io.fabric8.kubernetes.client.KubernetesClientException} when the server refuses; 409 means that somebody else
 * was faster, and reading again is the remedy.
 */
public interface Applier {
    /** Who owns the fields that are applied. */
    String FIELD_MANAGER = "diskcryptnet-operator";
    /** Annotation with the hash of what was last applied: shows what was taken out of the desired state since. */
    String HASH_ANNOTATION = "diskcryptnet.dev/applied-hash";

    /**
     * Makes the object be as desired. Fields that others set stay.
     *
     * @param desired all that the operator wants of the object; without resourceVersion, uid and status
     * @param actual as last seen, null when it was not
     * @return the object as the server has it now; {@code actual} itself when nothing had to be written
     */
    <T extends HasMetadata> T apply(T desired, T actual);

    /** Creates an object that is never changed afterwards. An object of that name is left alone: 409 is thrown. */
    <T extends HasMetadata> T create(T desired);

    /**
     * Replaces the object, metadata and all but its status, with {@code changed}.
     *
     * @param changed with the resourceVersion it was read at; 409 when it was changed since
     */
    <T extends HasMetadata> T replace(T changed);

    /** Deletes exactly the object that was seen, by its uid; it is no error when it is gone already. */
    void delete(HasMetadata actual, DeletionPropagation propagation);

    /**
     * Writes the status of {@code resource} and nothing else of it.
     *
     * @param resource with its new status and the resourceVersion it was read at; 409 when it was changed since
     */
    <T extends HasMetadata> T writeStatus(T resource);

    /** Adds a finalizer and changes nothing else; 409 or 422 when the resource was changed since it was read. */
    <T extends HasMetadata> T addFinalizer(T resource, String finalizer);

    /**
     * Takes a finalizer off and changes nothing else. It is no error when the resource is gone.
     *
     * @return the resource, or null when it is gone
     */
    <T extends HasMetadata> T removeFinalizer(T resource, String finalizer);
}
