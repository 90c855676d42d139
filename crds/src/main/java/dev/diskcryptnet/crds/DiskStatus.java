package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** One disk as its driver found it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class DiskStatus {
    @JsonPropertyDescription("Short stable name, the same as in metrics, for example nvme0n1.")
    public String id;

    @JsonPropertyDescription("Device model; absent for a file.")
    public String model;

    @JsonPropertyDescription("Serial number; absent for a file.")
    public String serial;

    @JsonPropertyDescription("Usable size in bytes.")
    public Long capacityBytes;

    @JsonPropertyDescription("Driver in use: uring, passthru or vfio.")
    public DiskDriver driver;

    @JsonPropertyDescription("Objects stored on the disk.")
    public Long objects;

    @JsonPropertyDescription("Bytes free for new objects.")
    public Long freeBytes;
}
