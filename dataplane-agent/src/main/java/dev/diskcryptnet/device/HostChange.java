package dev.diskcryptnet.device;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * One thing of the host that the agent sets to another value, with all that is needed to take it back: each kind is a
 * record whose components are its form in the journal. {@code kind} in the journal is the record's name, for good.
 *
 * <p>Every method may be called again after a crash in the middle of it: {@link #undo} leads from whatever it finds to
 * what was before.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = LinkAttribute.class, name = "LinkAttribute"),
    @JsonSubTypes.Type(value = DriverBinding.class, name = "DriverBinding"),
    @JsonSubTypes.Type(value = VirtualFunctionCount.class, name = "VirtualFunctionCount"),
    @JsonSubTypes.Type(value = VirtualFunctionAttributes.class, name = "VirtualFunctionAttributes")
})
public sealed interface HostChange
        permits LinkAttribute, DriverBinding, VirtualFunctionCount, VirtualFunctionAttributes {
    /** How the host stands to a change. */
    enum State {
        /** As it was before the change: never made, or taken back. */
        BEFORE,
        /** As the change wanted it. */
        AFTER,
        /** Neither: somebody else has changed it since, or the change broke off in the middle. */
        OTHER,
        /** The device is no longer there, and the change went with it. */
        GONE
    }

    /**
     * What was found.
     *
     * @param value for a person; for {@link State#GONE} the reason
     */
    record Observation(State state, String value) {}

    /** The device, as {@code interface=eth1}. */
    String device();

    /** What is changed and how, as {@code gso_ipv4_max_size 65536 -> 185000}. */
    String summary();

    /** Device and property: two changes with the same target cannot both stand. */
    String target();

    /** Whether before and after are the same. */
    boolean changesNothing();

    /** Looks at the host. @throws HostException when it does not tell */
    Observation observe(Host host);

    /** Makes the change. @throws HostException when the host refuses */
    void apply(Host host);

    /** Sets what was before. The device must be there. @throws HostException when the host refuses */
    void undo(Host host);
}
