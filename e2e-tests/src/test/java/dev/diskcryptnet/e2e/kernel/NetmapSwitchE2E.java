package dev.diskcryptnet.e2e.kernel;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.EnabledIf;

/** A port of a VALE switch, behind which is the interface that leads to the client. */
@EnabledIf(
        value = "dev.diskcryptnet.e2e.kernel.NetmapE2E#isLoaded",
        disabledReason = "the netmap module is not loaded: there is no /dev/netmap")
class NetmapSwitchE2E extends PortDriverTests {
    NetmapSwitchE2E() {
        super("netmap");
    }

    @BeforeEach
    void joinTheSwitch() throws Exception {
        bed().usePort("vale7:video");
        SwitchAttachment.make(bed(), "vale7:port");
    }
}
