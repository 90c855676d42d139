package dev.diskcryptnet.crds;

/**
 * Why a condition has its status: the reasons of operator and agent, which are the reasons of Events as well. Constants
 * are spelled as the API spells them; the message beside a reason names the object or device and the remedy.
 */
public enum Reason {
    /** The operator has seen the spec and is at work on it. */
    Reconciling,
    /** The agent takes requests. */
    Serving,
    /** The agent's pod was made and does not answer yet. */
    AgentStarting,
    /** The agent's pod runs and does not answer. */
    AgentUnreachable,
    /** The agent answers and is not ready; its own conditions say why. */
    AgentNotReady,
    /** An older StreamingNode has one of the devices. */
    DeviceConflict,
    /** A device of the spec is not on the machine. */
    DeviceMissing,
    /** A device is there and somebody else's: in use, or with data that is not ours on it. */
    DeviceBusy,
    /** A device, or the machine, is not set up for what is asked: no IOMMU, no SR-IOV, the wrong function. */
    DeviceUnfit,
    /** A device is there and could not be set up, or failed since. */
    DeviceFailed,
    /** Somebody else has changed what the agent had set on a device. */
    DeviceChanged,
    /** All devices are claimed and set up. */
    DevicesReady,
    /** A Secret that the spec names does not exist. */
    SecretMissing,
    /** A Secret that the spec names has no usable key and certificate. */
    SecretInvalid,
    /** The cluster has no node of the name in the spec. */
    NodeUnknown,
    /** The node is there and is not ready. */
    NodeNotReady,
    /** The spec breaks a rule; the message has all of them. */
    SpecInvalid,
    /** New connections are refused and running responses are finished. */
    Draining,
    /** Devices are being given back. */
    Releasing,
    /** Devices could not be given back as they were. */
    ReleaseFailed,
    /** The image of the agent cannot be had. */
    ImageMissing,
    /** The agent's pod fits no node: taints, processors, memory or huge pages. */
    Unschedulable,
    /** Nothing that was asked for is missing. */
    NothingDegraded,
    /** Too few machines are eligible for the replicas of a pool. */
    MachinesShort,
    /** A change of the template is on its way through a pool. */
    RollingOut,
    /** All replicas of a pool are ready and up to date. */
    AllReplicasReady,
    /** Some replicas of a pool are not ready. */
    ReplicasNotReady,
    /** A change of the template cannot go on through a pool: replicas or machines are not ready for it. */
    RolloutBlocked,
    /** A pool made a replica on a machine. */
    ReplicaCreated,
    /** A pool gave a replica its template's present spec. */
    ReplicaUpdated,
    /** A pool took a replica away. */
    ReplicaDeleted
}
