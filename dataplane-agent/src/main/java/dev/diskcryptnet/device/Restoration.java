package dev.diskcryptnet.device;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What became of one change when it was taken back.
 *
 * @param kind of the change
 * @param device as {@code interface=eth1}
 * @param change as {@code gso_ipv4_max_size 65536 -> 185000}
 * @param message for a person: what was found, and after a failure the remedy
 */
public record Restoration(String kind, String device, String change, Outcome outcome, String message) {
    /** How it ended. All but {@link #FAILED} leave the host as it was before. */
    public enum Outcome {
        /** Put back, and looked at: it is as before. */
        @JsonProperty("Restored")
        RESTORED,
        /** Nothing had to be done: the change was never made, or taken back already. */
        @JsonProperty("AsBefore")
        AS_BEFORE,
        /** The device is not there any more. */
        @JsonProperty("Gone")
        GONE,
        /** The machine was started anew since, and the change ended with that. */
        @JsonProperty("Restarted")
        RESTARTED,
        /** It is not as before; the journal keeps it. */
        @JsonProperty("Failed")
        FAILED
    }

    static Restoration of(HostChange change, Outcome outcome, String message) {
        return new Restoration(change.getClass().getSimpleName(), change.device(), change.summary(), outcome, message);
    }

    /** Whether the host is as it was before this change. */
    public boolean done() {
        return outcome != Outcome.FAILED;
    }
}
