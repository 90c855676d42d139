package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIf;

/** The netmap kernel module in emulated mode, where it is loaded. */
@EnabledIf(value = "isLoaded", disabledReason = "the netmap module is not loaded: there is no /dev/netmap")
class NetmapE2E extends PortDriverTests {
    NetmapE2E() {
        super("netmap");
    }

    static boolean isLoaded() {
        return Files.exists(Path.of("/dev/netmap"));
    }

    /** The kernel has its interface back: what it sends reaches the other end. */
    @Override
    void assertNothingLeft() {
        bed().inServer("ip", "address", "replace", "198.18.4.3/24", "dev", "port");
        assertTrue(
                bed().tryInClient("ping", "-c", "1", "-W", "5", "198.18.4.3").ok(), "the interface is netmap's still");
        bed().inServer("ip", "address", "flush", "dev", "port");
    }
}
