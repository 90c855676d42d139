package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A trunk with two VLANs and untagged frames: an agent has the interface of one of them, the kernel keeps the rest.
 *
 * <pre>
 *   namespace outside                        the guest
 *   trunk.100  198.18.10.1, fd00:..:10::1    port.100   the agent: 198.18.10.2, fd00:198:18:10::2
 *   trunk.200  198.18.11.1                   port.200   the kernel: 198.18.11.2
 *   trunk      198.18.12.1  ===============  port       the kernel: 198.18.12.2
 * </pre>
 */
@Tag("guest")
@ExtendWith(Consoles.class)
class VlanGuestE2E {
    private static final String SAMPLE = "/opt/dcn/samples/video/content";

    private static Guest guest;

    @BeforeAll
    static void boot() throws Exception {
        guest = Guest.with(GuestHardware.bare().nvme("film", 64).modules("veth", "8021q", "nvme"))
                .boot();
        guest.check("ip netns add outside && ip link add port type veth peer name trunk netns outside"
                + " && ip address add 198.18.12.2/24 dev port && ip link set port up"
                + " && ip link add link port name port.100 type vlan id 100"
                + " && sysctl -qw net.ipv6.conf.port/100.disable_ipv6=1 && ip link set port.100 up"
                + " && ip link add link port name port.200 type vlan id 200"
                + " && ip address add 198.18.11.2/24 dev port.200 && ip link set port.200 up");
        outside("ip address add 198.18.12.1/24 dev trunk && ip link set trunk up"
                + " && ip link add link trunk name trunk.100 type vlan id 100"
                + " && ip address add 198.18.10.1/24 dev trunk.100"
                + " && ip address add fd00:198:18:10::1/64 dev trunk.100 nodad && ip link set trunk.100 up"
                + " && ip link add link trunk name trunk.200 type vlan id 200"
                + " && ip address add 198.18.11.1/24 dev trunk.200 && ip link set trunk.200 up");
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    private static String outside(String command) {
        return guest.check("ip netns exec outside sh -c '" + command + "'");
    }

    @Test
    void shouldServeOnOneVlanOfATrunkAndLeaveTheOthersToTheKernel() throws Exception {
        String name = guest.check("basename /sys/bus/pci/devices/" + guest.pciAddress("film") + "/nvme/nvme*/nvme*n1");
        try (GuestAgent agent = GuestAgent.start(guest, """
                disks: [{path: /dev/%s}]
                ports: [{interfaceName: port.100, addresses: [198.18.10.2/24, "fd00:198:18:10::2/64"]}]
                listeners: [{port: 80}]
                workers: {count: 2, bufferMemory: 32Mi}
                format: IfEmpty
                drainTimeout: 2s
                """.formatted(name.replaceFirst("c\\d+n", "n")))) {
            agent.putTree(SAMPLE);
            String file = guest.check("cd " + SAMPLE + " && find . -type f -size +1000k | head -n 1 | cut -c 3-");
            String sum = guest.check("sha256sum <" + SAMPLE + "/" + file);
            for (String host : new String[] {"198.18.10.2", "[fd00:198:18:10::2]"}) {
                String url = "http://" + host + "/" + file;
                assertEquals(sum, outside("curl -gsSf -m 60 \"" + url + "\" | sha256sum"), agent::log);
            }
            // Some, where an emulated processor stands still for longer than a timeout; long frames that got lost would
            // be all.
            assertTrue(agent.metric("dcn_tcp_retransmitted_bytes_total") < 500_000, agent::log);
            // Cut by the kernel or the card behind the VLAN, not by us: a frame is many packets.
            assertEquals(true, agent.status().at("/ports/0/segmentationOffload").asBoolean(), agent::log);
            outside("ping -c 1 -W 5 198.18.11.2 && ping -c 1 -W 5 198.18.12.2");
            assertEquals(0, agent.stop(), agent::log);
        }
    }
}
