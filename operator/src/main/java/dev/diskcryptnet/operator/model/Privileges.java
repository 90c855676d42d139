package dev.diskcryptnet.operator.model;

import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SeccompProfileBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import java.util.List;

/**
 * What the agent's container may do. Everything is taken away first; what is added has its reason here.
 *
 * <p>A container that is not privileged cannot open a device node of the machine, mounted or not: the device cgroup
 * forbids it, and only a device plugin could say otherwise. Nor can it write to sysfs, where drivers are bound and virtual
 * functions are made. So devices need {@code privileged}; files and existing interfaces do not.
 */
public final class Privileges {
    private static final List<String> CAPABILITIES = List.of(
            // AF_PACKET rings, which are how frames leave and arrive.
            "NET_RAW",
            // Promiscuous mode, packet fanout, MTU and queue settings of the ports.
            "NET_ADMIN",
            // Rings and registered buffers are locked memory, far beyond the usual limit.
            "IPC_LOCK",
            // The programs on the ports' way in, that steer frames into AF_XDP sockets or hold back floods of SYNs.
            "BPF");

    private Privileges() {}

    /** Whether the devices of the spec are out of reach of capabilities alone. */
    public static boolean needsPrivileged(Declaration declared) {
        return declared.opensDevices() || declared.changesDevices();
    }

    /** Of the container, agent or release. */
    public static SecurityContext container(Declaration declared) {
        var context = new SecurityContextBuilder()
                // Capabilities are given to root only; the image's own user would have none of them.
                .withRunAsUser(0L)
                .withRunAsNonRoot(false)
                // What the agent writes goes to /tmp and the state directory, both mounted.
                .withReadOnlyRootFilesystem(true);
        if (needsPrivileged(declared)) {
            return context.withPrivileged(true).build();
        }
        return context.withPrivileged(false)
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .addToDrop("ALL")
                .addAllToAdd(CAPABILITIES)
                .endCapabilities()
                .build();
    }

    /**
     * Of the pod. The runtime's default seccomp profile forbids io_uring, by which disks are read. A profile that allows it
     * has to lie on the machine, else the pod does not start; so it is used only when the operator was told its name.
     *
     * @param profileFile relative to the kubelet's seccomp directory, or null
     */
    public static PodSecurityContext pod(Declaration declared, String profileFile) {
        // A privileged container is never confined by seccomp, whatever the pod says; and the profile lets nobody load
        // programs into the kernel, which is how AF_XDP begins. Packet rings do without, and say what that costs.
        boolean confined = profileFile != null && !needsPrivileged(declared) && !declared.usesXdp();
        SeccompProfile profile = confined
                ? new SeccompProfileBuilder()
                        .withType("Localhost")
                        .withLocalhostProfile(profileFile)
                        .build()
                : new SeccompProfileBuilder().withType("Unconfined").build();
        return new PodSecurityContextBuilder().withSeccompProfile(profile).build();
    }
}
