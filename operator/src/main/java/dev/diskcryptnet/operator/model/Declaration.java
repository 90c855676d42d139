package dev.diskcryptnet.operator.model;

import dev.diskcryptnet.crds.AgentSpec;
import dev.diskcryptnet.crds.DiskSpec;
import dev.diskcryptnet.crds.PortDriver;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.WorkersSpec;
import dev.diskcryptnet.crds.validation.ByteQuantity;
import dev.diskcryptnet.crds.validation.SpecDuration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a valid spec comes to once its defaults are filled in.
 *
 * @param bufferBytes memory for bytes on their way from disk to network
 * @param hugepageBytes of it in huge pages, 0 for none
 * @param tlsSecretNames each once, in the spec's order
 * @param fileDirectories directories of disks that are files, each once
 * @param opensDevices whether the agent opens device nodes of the machine
 * @param changesDevices whether the agent changes devices through sysfs: drivers bound, virtual functions made
 * @param usesXdp whether a port is driven by AF_XDP
 */
public record Declaration(
        StreamingNode node,
        int adminPort,
        int workers,
        boolean dedicated,
        long bufferBytes,
        long hugepageBytes,
        long drainSeconds,
        List<String> tlsSecretNames,
        List<String> fileDirectories,
        boolean opensDevices,
        boolean changesDevices,
        boolean usesXdp) {

    /** Port of the agent's admin endpoint when the spec names none. */
    public static final int DEFAULT_ADMIN_PORT = 9464;

    private static final String DEFAULT_DRAIN = "60s";
    private static final long BUFFER_BYTES = 16L << 20;
    private static final String DEVICES = "/dev/";

    /** Reads a spec that the validator has passed. */
    public static Declaration of(StreamingNode node) {
        StreamingNodeSpec spec = node.getSpec();
        WorkersSpec workers = Objects.requireNonNullElseGet(spec.workers, WorkersSpec::new);
        int count = Objects.requireNonNullElse(workers.count, 1);
        long bufferBytes = workers.bufferMemory == null
                ? BUFFER_BYTES * count * spec.ports.size()
                : ByteQuantity.parse(workers.bufferMemory);
        return new Declaration(
                node,
                adminPort(spec),
                count,
                Boolean.TRUE.equals(workers.dedicated),
                bufferBytes,
                workers.hugepages == null ? 0 : ByteQuantity.parse(workers.hugepages),
                seconds(Objects.requireNonNullElse(spec.drainTimeout, DEFAULT_DRAIN)),
                tlsSecretNames(spec),
                fileDirectories(spec),
                opensDevices(spec),
                changesDevices(spec),
                spec.ports.stream().anyMatch(port -> port.driver == PortDriver.XDP));
    }

    /**
     * What giving devices back has to know. The spec need not be valid: one that was spoilt after its agent had started must
     * not stand in the way.
     */
    public static Declaration forRelease(StreamingNode node) {
        StreamingNodeSpec spec = node.getSpec();
        return new Declaration(
                node,
                adminPort(spec),
                1,
                false,
                0,
                0,
                0,
                List.of(),
                List.of(),
                opensDevices(spec),
                changesDevices(spec),
                false);
    }

    private static boolean opensDevices(StreamingNodeSpec spec) {
        return given(spec.disks).anyMatch(disk -> !isFile(disk))
                || given(spec.ports).anyMatch(port -> port.driver == PortDriver.NETMAP);
    }

    private static boolean changesDevices(StreamingNodeSpec spec) {
        return given(spec.disks).anyMatch(disk -> disk.pciAddress != null)
                || given(spec.ports).anyMatch(port -> port.physicalFunction != null);
    }

    private static <T> Stream<T> given(List<T> list) {
        return list == null ? Stream.empty() : list.stream().filter(Objects::nonNull);
    }

    /** Port of the agent's admin endpoint. */
    public static int adminPort(StreamingNodeSpec spec) {
        return Optional.ofNullable(spec.agent).map(agent -> agent.adminPort).orElse(DEFAULT_ADMIN_PORT);
    }

    /** Names of all TLS Secrets that the listeners want, each once. */
    public static List<String> tlsSecretNames(StreamingNodeSpec spec) {
        if (spec.listeners == null) {
            return List.of();
        }
        return spec.listeners.stream()
                .filter(listener -> listener != null && listener.tls != null)
                .flatMap(listener -> Stream.concat(
                        Stream.of(listener.tls.secretName),
                        listener.tls.additionalSecretNames == null
                                ? Stream.empty()
                                : listener.tls.additionalSecretNames.stream()))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /** How the pod is run, never null. */
    public AgentSpec agent() {
        return Objects.requireNonNullElseGet(node.getSpec().agent, AgentSpec::new);
    }

    private static List<String> fileDirectories(StreamingNodeSpec spec) {
        return spec.disks.stream()
                .filter(Declaration::isFile)
                .map(disk -> Path.of(disk.path).normalize().getParent().toString())
                .distinct()
                .sorted()
                .toList();
    }

    private static boolean isFile(DiskSpec disk) {
        return disk.path != null && !Path.of(disk.path).normalize().toString().startsWith(DEVICES);
    }

    private static long seconds(String duration) {
        Duration parsed = SpecDuration.parse(duration);
        return parsed.toSeconds() + (parsed.toNanosPart() > 0 ? 1 : 0);
    }
}
