package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.device.HostChanges;
import dev.diskcryptnet.device.LinkAttribute;
import dev.diskcryptnet.netmap.VethPair;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** On real interfaces, which somebody else sets in between. */
class DeviceWatchTest {
    private final KernelLinks links = new KernelLinks();
    private final HostChanges changes = HostChanges.withoutJournal(KernelLinks.host());
    private final DeviceWatch watch = new DeviceWatch(changes, Duration.ofMillis(50));

    private long counter(String name) {
        return watch.counterSet().counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .mapToLong(Counter::get)
                .sum();
    }

    private void set(VethPair veth, long mtu) {
        changes.apply(LinkAttribute.to(mtu, LinkAttribute.Name.MTU, veth.near(), links));
    }

    @Test
    void shouldSayWhatSomebodyElseHasSetAndThatItIsBack() throws Exception {
        try (VethPair veth = VethPair.create()) {
            set(veth, 1400);
            watch.look();
            assertEquals(0, watch.drifts().size());
            assertEquals(1, counter("dcn_host_changes"));

            links.write(veth.near(), LinkAttribute.Name.MTU, 1300);
            watch.look();
            watch.look();
            DeviceWatch.Drift drift = watch.drifts().getFirst();
            assertFalse(drift.gone());
            assertTrue(drift.message().contains("interface=" + veth.near()), drift::message);
            assertTrue(drift.message().contains("it is 1300"), drift::message);
            assertEquals(1, counter("dcn_host_changes_lost"));
            assertEquals(1, counter("dcn_host_change_losses"), "what is known is not news");

            links.write(veth.near(), LinkAttribute.Name.MTU, 1400);
            watch.look();
            assertEquals(0, watch.drifts().size());
            assertEquals(0, counter("dcn_host_changes_lost"));
        }
    }

    @Test
    void shouldNoticeByItselfThatDeviceIsGone() throws Exception {
        try (watch) {
            try (VethPair veth = VethPair.create()) {
                set(veth, 1400);
                watch.start();
            }
            for (int i = 0; i < 200 && watch.drifts().isEmpty(); i++) {
                Thread.sleep(50);
            }
            assertTrue(watch.drifts().getFirst().gone());
        }
    }
}
