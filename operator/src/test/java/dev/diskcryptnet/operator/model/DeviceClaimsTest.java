package dev.diskcryptnet.operator.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.diskcryptnet.crds.DiskSpec;
import dev.diskcryptnet.crds.PortSpec;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.operator.testing.Samples;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DeviceClaimsTest {
    private final StreamingNode one = Samples.node("one", "rack1", 9470);
    private final StreamingNode other = Samples.node("other", "rack1", 9471);

    @Test
    void shouldNotConflictWhenNothingIsShared() {
        assertEquals(Set.of(), shared());
    }

    @Test
    void shouldConflictOverADiskHoweverItIsWritten() {
        one.getSpec().disks = List.of(pci("0000:3B:00.0"));
        other.getSpec().disks = List.of(pci("0000:3b:00.0"));
        assertEquals(Set.of("disk=0000:3b:00.0"), shared());
        one.getSpec().disks = List.of(path("/dev/disk/../nvme0n1"));
        other.getSpec().disks = List.of(path("/dev/nvme0n1"));
        assertEquals(Set.of("disk=/dev/nvme0n1"), shared());
    }

    @Test
    void shouldConflictOverAVirtualFunctionButNotOverItsPhysicalOne() {
        one.getSpec().ports = List.of(function(null));
        other.getSpec().ports = List.of(function(1));
        assertEquals(Set.of(), shared());
        other.getSpec().ports = List.of(function(0));
        assertEquals(Set.of("physicalFunction=0000:5e:00.0 virtualFunction=0"), shared());
    }

    @Test
    void shouldConflictOverInterfaceAndAdminPort() {
        other.getSpec().ports = one.getSpec().ports;
        other.getSpec().agent = null;
        one.getSpec().agent.adminPort = 9464;
        assertEquals(Set.of("interface=ethone", "adminPort=9464"), shared());
    }

    @Test
    void shouldNotConflictAcrossMachines() {
        other.setSpec(one.getSpec());
        StreamingNode elsewhere = Samples.node("one", "rack2", 9470);
        assertEquals(Set.of(), shared(one.getSpec(), elsewhere.getSpec()));
    }

    @Test
    void shouldClaimNothingThatIsNotSaid() {
        assertEquals(List.of(), DeviceClaims.of(new StreamingNodeSpec()));
    }

    private Set<String> shared() {
        return shared(one.getSpec(), other.getSpec());
    }

    private static Set<String> shared(StreamingNodeSpec one, StreamingNodeSpec other) {
        Set<String> keys =
                DeviceClaims.of(one).stream().map(DeviceClaims.Claim::key).collect(Collectors.toSet());
        return DeviceClaims.of(other).stream()
                .filter(claim -> keys.contains(claim.key()))
                .map(DeviceClaims.Claim::device)
                .collect(Collectors.toSet());
    }

    private static DiskSpec pci(String address) {
        var disk = new DiskSpec();
        disk.pciAddress = address;
        return disk;
    }

    private static DiskSpec path(String path) {
        var disk = new DiskSpec();
        disk.path = path;
        return disk;
    }

    private static PortSpec function(Integer number) {
        var port = new PortSpec();
        port.physicalFunction = "0000:5e:00.0";
        port.virtualFunction = number;
        return port;
    }
}
