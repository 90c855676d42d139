package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.ffi.NativeException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** How a port is opened, loses its link and is opened again, whichever driver it is of. */
@ParameterizedClass(name = "{0}")
@EnumSource(ContractDriver.class)
class PortLifecycleContractTest extends PortContract {
    @Test
    void shouldTellFactsOfInterface() {
        PortFacts facts = nearPort.facts();

        assertEquals(driver().scheme(), facts.driver());
        assertEquals(1500, facts.mtu());
        assertTrue(facts.segmentationIpv4());
        assertTrue(facts.checksumOffload());
        assertEquals(-1, facts.numaNode());
        assertEquals(0x02, (int) (facts.macAddress() >>> 40) & 0x03, "addresses made up are locally administered");
        assertTrue(facts.maxFrameBytes() >= TestFrames.HEADER_BYTES + LARGE);
    }

    @Test
    void shouldBeNamedWhereNoDriverIs() {
        driver().needInterface();
        var none = assertThrows(IllegalArgumentException.class, () -> Ports.open("pocket:eth1"));

        assertTrue(none.getMessage().contains("uri=pocket:eth1 names no net driver"), none.getMessage());
        assertTrue(none.getMessage().contains(driver().scheme() + ":INTERFACE"), none.getMessage());
    }

    @Test
    void shouldNameInterfaceThatIsMissingOrDown() {
        driver().needInterface();
        NativeException missing = assertThrows(NativeException.class, () -> Ports.open(driver().uri("dcn-none")));
        assertTrue(missing.getMessage().contains("interface=dcn-none does not exist"), missing.getMessage());

        near.close();
        veth.set(veth.near(), "down");
        NativeException down = assertThrows(NativeException.class, () -> nearPort.openQueue(0, 1));
        assertTrue(down.getMessage().contains("interface=" + veth.near() + " is down"), down.getMessage());
        assertEquals(100, down.errno());
    }

    @Test
    void shouldDropWhileLinkIsDownAndSendAgainWhenItIsBack() {
        driver().needInterface();
        TxRing ring = near.data();
        for (String interfaceName : new String[] {veth.near(), veth.far()}) {
            int held = ring.take(); // as if a disk were writing into it while the link goes and comes back
            int slots = near.control().available();
            veth.set(interfaceName, "down");
            for (int i = 0; i < 2000; i++) {
                TestFrames.sendSmall(near, from, to, 1000, i);
                assertEquals(0, near.flush());
                near.receive(keep, 256);
            }
            assertFalse(near.linkUp());
            assertEquals(slots, near.control().available());

            veth.set(interfaceName, "up");
            until(near::linkUp, () -> {
                near.receive(keep, 256);
                far.receive(keep, 256);
            });
            received.clear();
            flags.clear();
            fill(held, 4000, 5000);
            send(held, 5000);
            assertEquals(1, near.flush());
            assertEquals(List.of(4000), receivePayload(far, 1, 5000));
            received.clear();
            for (int i = 5000; i < 5010; i++) {
                TestFrames.sendSmall(near, from, to, 1000, i);
            }
            assertEquals(10, near.flush());
            receive(10);
            assertEquals(5009, numbers().getLast());
        }
        assertEquals(4000, near.statistics().sendDroppedLinkDown());
    }

    @Test
    void shouldOpenAgainWithinTwoSecondsOfAKill() throws Exception {
        driver().needInterface();
        near.close();
        nearPort.close();
        near = null;
        for (int round = 0; round < (Boolean.getBoolean("dcn.long") ? 50 : 2); round++) {
            Process holder = PortHolder.start(driver().uri(veth.near()));
            holder.destroyForcibly();
            assertTrue(holder.waitFor(5, TimeUnit.SECONDS));
            long startNs = System.nanoTime();
            nearPort = PortPair.openNear(driver(), veth);
            near = nearPort.openQueue(0, 1);
            long openedNs = System.nanoTime() - startNs;
            assertTrue(openedNs < 2_000_000_000L, "openedNs=" + openedNs);
            near.close();
            nearPort.close();
            near = null;
        }
    }
}
