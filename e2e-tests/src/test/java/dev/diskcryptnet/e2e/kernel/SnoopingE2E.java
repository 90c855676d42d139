package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A switch between client and agent that passes multicast on to those only who say that they listen (MLD snooping, RFC 4541
 * 3), as a Linux bridge that asks itself: solicitations for an agent's address get through if it says so, and goes on to.
 */
@Tag("kernel")
class SnoopingE2E {
    private static final Family FAMILY = Family.IPV6;
    /** After so long without a report a listener is forgotten. */
    private static final int MEMBERSHIP_SECONDS = 3;

    private TestBed bed;
    private String host;
    private Path object;

    @BeforeEach
    void start() throws Exception {
        bed = TestBed.create("snoop", FAMILY);
        object = bed.randomFile("object.bin", 100_000, 9);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
        host = bed.addHost("b");
        bed.insert(host);
    }

    @AfterEach
    void stop() throws IOException {
        bed.close();
    }

    private void startSwitch(int version) {
        inHost(
                "ip",
                "link",
                "add",
                "switch",
                "type",
                "bridge",
                "mcast_snooping",
                "1",
                "mcast_mld_version",
                "" + version);
        for (String end : new String[] {"near", "far"}) {
            inHost("ip", "link", "set", end, "master", "switch");
        }
        // Hundredths of a second.
        set("multicast_query_interval", 100);
        set("multicast_query_response_interval", 50);
        set("multicast_startup_query_interval", 50);
        set("multicast_membership_interval", 100 * MEMBERSHIP_SECONDS);
        inHost("ip", "address", "add", "fe80::5/64", "dev", "switch", "nodad");
        inHost("ip", "link", "set", "switch", "up");
        set("multicast_querier", 1);
    }

    private void set(String attribute, int value) {
        inHost("sh", "-c", "echo " + value + " > /sys/class/net/switch/bridge/" + attribute);
    }

    private String inHost(String... command) {
        return TestBed.in(host, command);
    }

    private boolean isFound() throws IOException {
        bed.inClient("ip", "neighbour", "flush", "dev", "view");
        Path fetched = bed.directory().resolve("fetched");
        Files.deleteIfExists(fetched);
        boolean ok = bed.tryInClient("curl", "-sf", "-m", "4", "-o", fetched.toString(), bed.url("/object.bin"))
                .ok();
        return ok && Files.mismatch(object, fetched) == -1;
    }

    /** With two workers: what the switch asks reaches one and concerns the first. */
    @ParameterizedTest
    @CsvSource({"1, packet", "2, packet", "2, xdp"})
    void shouldBeFoundBehindASwitchThatPassesMulticastToListenersOnly(int version, String driver) throws Exception {
        bed.usePortDriver(driver);
        startSwitch(version);
        Thread.sleep(2_000); // the switch has been asking for long enough to know who listens
        AgentProcess agent = bed.startAgent(2);
        for (int i = 0; i < 3; i++) {
            assertTrue(isFound(), () -> "the switch knows: " + inHost("bridge", "mdb", "show"));
            Thread.sleep(1_000 * MEMBERSHIP_SECONDS);
        }
        assertTrue(inHost("bridge", "mdb", "show").contains("port near grp ff02::1:ff"), "the switch has heard of it");
        agent.kill();
        Thread.sleep(1_000 * (MEMBERSHIP_SECONDS + 2));
        String known = inHost("bridge", "mdb", "show");
        assertFalse(known.contains("port near grp ff02::1:ff"), () -> "the switch looks: " + known);
    }
}
