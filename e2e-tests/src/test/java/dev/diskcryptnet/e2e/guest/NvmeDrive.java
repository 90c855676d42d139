package dev.diskcryptnet.e2e.guest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An NVMe drive of a guest. Its id is its serial number, the name of its device and of its block node in QEMU
 * ({@link Guest#pciAddress}, {@link Guest#file}, {@link Guest#qmp}). Instances do not change: each method makes another.
 *
 * @param id letters, digits and dashes
 * @param sizeMiB of its namespace; the file behind it is sparse
 * @param blockBytes its logical blocks, 512 or 4096
 * @param namespace number of its only namespace
 * @param group drives of one group name share an IOMMU group; null for one of its own
 * @param virtualFunctions most that can be made of it, each with 3 I/O queues and a vector for each and for its admin queue
 * @param properties more of QEMU's nvme device, for example {@code max_ioqpairs} or {@code mdts}
 * @param errors rules of QEMU's blkdebug, {@code inject-error} members
 */
public record NvmeDrive(
        String id,
        int sizeMiB,
        int blockBytes,
        int namespace,
        String group,
        int virtualFunctions,
        Map<String, Object> properties,
        List<Map<String, Object>> errors) {
    private static final int QUEUES_PER_FUNCTION = 4;

    public static NvmeDrive of(String id, int sizeMiB) {
        return new NvmeDrive(id, sizeMiB, 512, 1, null, 0, Map.of(), List.of());
    }

    public NvmeDrive withBlockBytes(int bytes) {
        return new NvmeDrive(id, sizeMiB, bytes, namespace, group, virtualFunctions, properties, errors);
    }

    public NvmeDrive withNamespace(int number) {
        return new NvmeDrive(id, sizeMiB, blockBytes, number, group, virtualFunctions, properties, errors);
    }

    public NvmeDrive inGroup(String name) {
        return new NvmeDrive(id, sizeMiB, blockBytes, namespace, name, virtualFunctions, properties, errors);
    }

    public NvmeDrive withVirtualFunctions(int count) {
        return new NvmeDrive(id, sizeMiB, blockBytes, namespace, group, count, properties, errors);
    }

    public NvmeDrive with(String property, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(properties);
        more.put(property, value);
        return new NvmeDrive(id, sizeMiB, blockBytes, namespace, group, virtualFunctions, more, errors);
    }

    /** Reads that touch the range fail from the start on: the drive answers with a media error. */
    public NvmeDrive failingReads(long offsetBytes, int lengthBytes) {
        List<Map<String, Object>> more = new ArrayList<>(errors);
        for (long sector = offsetBytes / 512; sector * 512 < offsetBytes + lengthBytes; sector++) {
            more.add(Map.of("event", "none", "iotype", "read", "errno", 5, "sector", sector, "once", false));
        }
        return new NvmeDrive(id, sizeMiB, blockBytes, namespace, group, virtualFunctions, properties, more);
    }

    /** Arguments of QMP's {@code blockdev-add}. */
    Map<String, Object> block(String file) {
        Map<String, Object> raw = new LinkedHashMap<>();
        raw.put("driver", "raw");
        // What QEMU has written survives its end, if not the host's.
        raw.put("cache", Map.of("no-flush", true));
        raw.put("file", Map.of("driver", "file", "filename", file));
        if (errors.isEmpty()) {
            raw.put("node-name", id);
            return raw;
        }
        return Map.of("driver", "blkdebug", "node-name", id, "image", raw, "inject-error", errors);
    }

    /** Arguments of QMP's {@code device_add}, one device after the other. */
    List<Map<String, Object>> devices(String bus) {
        Map<String, Object> controller = new LinkedHashMap<>();
        controller.put("driver", "nvme");
        controller.put("id", id);
        controller.put("serial", id);
        controller.put("bus", bus);
        if (virtualFunctions == 0 && namespace == 1) {
            controller.put("drive", id);
            putBlockBytes(controller);
            controller.putAll(properties);
            return List.of(controller);
        }
        controller.put("subsys", id + "-subsystem");
        if (virtualFunctions > 0) {
            controller.put("sriov_max_vfs", virtualFunctions);
            controller.put("sriov_vq_flexible", virtualFunctions * QUEUES_PER_FUNCTION);
            controller.put("sriov_vi_flexible", virtualFunctions * QUEUES_PER_FUNCTION);
        }
        controller.putAll(properties);
        Map<String, Object> attached = new LinkedHashMap<>();
        attached.put("driver", "nvme-ns");
        attached.put("id", id + "-namespace");
        attached.put("bus", id);
        attached.put("drive", id);
        attached.put("nsid", namespace);
        putBlockBytes(attached);
        return List.of(Map.of("driver", "nvme-subsys", "id", id + "-subsystem"), controller, attached);
    }

    private void putBlockBytes(Map<String, Object> device) {
        device.put("logical_block_size", blockBytes);
        device.put("physical_block_size", blockBytes);
    }
}
