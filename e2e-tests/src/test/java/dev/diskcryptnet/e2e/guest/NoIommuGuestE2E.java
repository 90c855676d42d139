package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A machine whose IOMMU was not switched on. */
@Tag("guest")
@ExtendWith(Consoles.class)
class NoIommuGuestE2E {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final int FAILED = 1;

    @Test
    void shouldRefuseVfioAndOfferPassthru() throws Exception {
        try (Guest guest = Guest.with(GuestHardware.bare().nvme("alpha", 64).kernel("intel_iommu=off"))
                .boot()) {
            DeviceState before = DeviceState.of(guest);
            guest.write("/root/node.yaml", """
                    disks: [{pciAddress: "%s"}]
                    ports: [{interfaceName: lo, addresses: [198.18.8.2/24]}]
                    listeners: [{port: 80}]
                    """.formatted(guest.pciAddress("alpha")));
            CommandResult refused = guest.run("dcn-agent serve --config /root/node.yaml", LIMIT);
            assertEquals(FAILED, refused.exitCode(), refused::toString);
            assertTrue(refused.stderr().contains("the IOMMU is off"), refused::toString);
            assertTrue(refused.stderr().contains("intel_iommu=on"), refused::toString);
            before.assertStill("after a refusal");
            JsonNode disk = new ObjectMapper()
                    .readTree(guest.check("dcn-agent devices -o json", LIMIT))
                    .at("/disks/0");
            assertEquals("[\"passthru\"]", disk.get("drivers").toString(), disk::toString);
        }
    }
}
