package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.netmap.Port;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.PortQueue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class PortSetupTest {
    @TempDir
    Path directory;

    private final Logger logger = (Logger) LoggerFactory.getLogger(PortSetup.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final ReleaseStack opened = new ReleaseStack();
    private boolean closed;

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(log);
        opened.close();
    }

    private final class FakePort implements Port {
        private final List<String> notes;
        private final List<String> conflicts;

        FakePort(List<String> notes, List<String> conflicts) {
            this.notes = notes;
            this.conflicts = conflicts;
        }

        @Override
        public PortFacts facts() {
            return new PortFacts("packet:eth1", "packet", "eth1", 1, 1500, true, true, true, 65_535, false, "copy", -1);
        }

        @Override
        public List<String> notes() {
            return notes;
        }

        @Override
        public List<String> conflicts() {
            return conflicts;
        }

        @Override
        public PortQueue openQueue(int worker, int workers) {
            throw new AssertionError("workers open queues, not the set-up");
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private PortSetup setup(String mtu, Port port) throws Exception {
        Path file = directory.resolve("node.yaml");
        Files.writeString(file, """
                disks: [{path: /dev/nvme0n1}]
                ports: [{interfaceName: eth1, addresses: [192.0.2.10/24]%s}]
                listeners: [{port: 80}]
                """.formatted(mtu));
        return new PortSetup(AgentConfig.load(file), new ServeOptions(), uri -> {
            assertEquals("packet:eth1", uri);
            return port;
        });
    }

    @Test
    void shouldLogWhatTheDriverNotes() throws Exception {
        setup("", new FakePort(List.of("interface=eth1 is slow"), List.of())).open(opened);
        assertEquals(
                List.of("event=port-note port=eth1 note=\"interface=eth1 is slow\""),
                log.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
        assertEquals(Level.WARN, log.list.getFirst().getLevel());
    }

    @Test
    void shouldRefuseAnInterfaceThatTheKernelUses() throws Exception {
        String address = "interface=eth1 has an IP address; clear it: ip address flush dev eth1";
        String route = "interface=eth1 carries the default route; name another";
        var setup = setup("", new FakePort(List.of(), List.of(route, address)));

        var e = assertThrows(CommandException.class, () -> setup.open(opened));
        assertEquals(ExitCode.REFUSED, e.exitCode());
        assertEquals(route + "\n" + address, e.getMessage());
        opened.close();
        assertTrue(closed, "a refused port is not left open");
    }

    @Test
    void shouldRefuseAnotherMtuThanTheConfigurations() throws Exception {
        var setup = setup(", mtu: 9000", new FakePort(List.of(), List.of()));

        var e = assertThrows(CommandException.class, () -> setup.open(opened));
        assertEquals(ExitCode.USAGE, e.exitCode());
        assertTrue(e.getMessage().contains("ip link set eth1 mtu 9000"), e.getMessage());
    }
}
