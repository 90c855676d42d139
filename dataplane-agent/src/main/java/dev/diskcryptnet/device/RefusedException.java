package dev.diskcryptnet.device;

import java.util.List;
import java.util.stream.Collectors;

/** A device that is not ours to take, or not fit for it. Nothing was changed. The message has all reasons and remedies. */
public final class RefusedException extends RuntimeException {
    private final transient List<Refusal> refusals;
    private final String device;

    /**
     * @param device as {@code disk=0000:3b:00.0}
     * @param refusals at least one, the weightiest first
     */
    RefusedException(String device, List<Refusal> refusals) {
        super(device + " cannot be taken: "
                + refusals.stream().map(Refusal::text).collect(Collectors.joining("\n  ")));
        this.refusals = List.copyOf(refusals);
        this.device = device;
    }

    RefusedException(String device, Refusal.Rule rule, String found, String remedy) {
        this(device, List.of(new Refusal(rule, found, remedy)));
    }

    /** All that speaks against it, the weightiest first. */
    public List<Refusal> refusals() {
        return refusals;
    }

    /** As {@code disk=0000:3b:00.0}. */
    public String device() {
        return device;
    }
}
