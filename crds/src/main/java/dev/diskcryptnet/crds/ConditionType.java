package dev.diskcryptnet.crds;

/** Types of the conditions in a status. Constants are spelled as the API spells them. */
public enum ConditionType {
    /** Everything asked for is in service. */
    Ready,
    /** The devices are claimed and set up as the spec says. */
    DevicesPrepared,
    /** The agent takes requests. */
    Serving,
    /** Something that was asked for is missing or slower than it should be, although requests are answered. */
    Degraded
}
