package dev.diskcryptnet.operator.status;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.DiskStatus;
import dev.diskcryptnet.crds.PortStatus;
import java.util.List;

/**
 * What an agent said of itself at {@code /v1/status}, split by how often it changes.
 *
 * @param notReadyReasons each with its remedy; empty when ready
 * @param conditions DevicesPrepared, Serving and Degraded
 * @param disks without objects and free bytes, which are figures
 */
public record AgentReport(
        boolean ready,
        List<String> notReadyReasons,
        List<ConditionStatus> conditions,
        List<String> addresses,
        List<DiskStatus> disks,
        List<PortStatus> ports,
        Figures figures) {

    /**
     * What changes all the time.
     *
     * @param transmitBitsPerSecond null before the agent's first interval
     * @param memoryBytesPerNetworkByte null where the machine has no counter for it
     * @param disks in the order of the report's disks
     */
    public record Figures(
            Long transmitBitsPerSecond, Long connections, String memoryBytesPerNetworkByte, List<DiskFigures> disks) {}

    /** How full a disk is. */
    public record DiskFigures(Long objects, Long freeBytes) {}
}
