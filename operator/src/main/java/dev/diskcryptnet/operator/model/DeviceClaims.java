package dev.diskcryptnet.operator.model;

import dev.diskcryptnet.crds.DiskSpec;
import dev.diskcryptnet.crds.PortSpec;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** What of a machine a spec wants for itself alone. Two specs conflict when a key of theirs is equal. */
public final class DeviceClaims {
    /**
     * One thing that only one agent can have.
     *
     * @param key machine and thing, equal for two claims on the same
     * @param device the thing as a person knows it, for example {@code disk=0000:3b:00.0}
     */
    public record Claim(String key, String device) {}

    private DeviceClaims() {}

    /** Claims of {@code spec}, which need not be valid: what is missing is not claimed. */
    public static List<Claim> of(StreamingNodeSpec spec) {
        List<Claim> claims = new ArrayList<>();
        if (spec.nodeName == null) {
            return claims;
        }
        if (spec.disks != null) {
            spec.disks.stream().filter(Objects::nonNull).forEach(disk -> claimDisk(spec, disk, claims));
        }
        if (spec.ports != null) {
            spec.ports.stream().filter(Objects::nonNull).forEach(port -> claimPort(spec, port, claims));
        }
        claim(spec, "adminPort=" + Declaration.adminPort(spec), claims);
        return claims;
    }

    private static void claimDisk(StreamingNodeSpec spec, DiskSpec disk, List<Claim> claims) {
        if (disk.pciAddress != null) {
            claim(spec, "disk=" + disk.pciAddress.toLowerCase(Locale.ROOT), claims);
        }
        if (disk.path != null) {
            claim(spec, "disk=" + Path.of(disk.path).normalize(), claims);
        }
    }

    private static void claimPort(StreamingNodeSpec spec, PortSpec port, List<Claim> claims) {
        if (port.physicalFunction != null) {
            int function = Objects.requireNonNullElse(port.virtualFunction, 0);
            claim(
                    spec,
                    "physicalFunction=" + port.physicalFunction.toLowerCase(Locale.ROOT) + " virtualFunction="
                            + function,
                    claims);
        }
        if (port.interfaceName != null) {
            claim(spec, "interface=" + port.interfaceName, claims);
        }
    }

    private static void claim(StreamingNodeSpec spec, String device, List<Claim> claims) {
        claims.add(new Claim(spec.nodeName + " " + device, device));
    }
}
