package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** AF_XDP, which copies on veth. */
class XdpE2E extends PortDriverTests {
    XdpE2E() {
        super("xdp");
    }

    @Override
    void assertNothingLeft() {
        assertFalse(bed().inServer("ip", "link", "show", "port").contains("prog/xdp"), "the program is there still");
    }

    @Test
    void shouldSayThatItCopies() throws Exception {
        AgentProcess agent = bed().startAgent();

        assertFalse(portStatus().path("zeroCopy").asBoolean());
        assertTrue(agent.log().contains("without zero copy"), agent.log());
    }
}
