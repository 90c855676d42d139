package dev.diskcryptnet.diskmap;

/**
 * What a driver reports about the device it opened.
 *
 * @param uri as configured, for example {@code uring:/dev/nvme0n1}
 * @param driver the driver in use: {@code uring}, {@code passthru}, {@code vfio}, {@code mem}
 * @param id short stable name for metrics and messages, for example {@code nvme0n1} or the file's name
 * @param model device model, or empty
 * @param serial device serial number, or empty
 * @param capacityBytes usable bytes
 * @param blockSizeBytes logical block size
 * @param alignmentBytes what offsets, lengths and memory addresses must be multiples of
 * @param maxTransferBytes longest single command
 * @param numaNode NUMA node, or -1
 * @param direct whether transfers bypass the kernel's page cache
 * @param mode how the driver runs on this kernel, for example {@code io_uring defer-taskrun}, with {@code mapped} behind it
 *     when {@link DiskQueue#resident} finds what is in the page cache; or empty
 */
public record DiskFacts(
        String uri,
        String driver,
        String id,
        String model,
        String serial,
        long capacityBytes,
        int blockSizeBytes,
        int alignmentBytes,
        int maxTransferBytes,
        int numaNode,
        boolean direct,
        String mode) {}
