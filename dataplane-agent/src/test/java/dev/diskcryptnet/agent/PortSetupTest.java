package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.device.FunctionSettings;
import dev.diskcryptnet.device.Host;
import dev.diskcryptnet.device.HostChanges;
import dev.diskcryptnet.device.HostException;
import dev.diskcryptnet.device.LinkAttribute;
import dev.diskcryptnet.device.Links;
import dev.diskcryptnet.device.MachineFiles;
import dev.diskcryptnet.netmap.Port;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.PortQueue;
import dev.diskcryptnet.wire.MacAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
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
    private final HostChanges changes =
            HostChanges.withoutJournal(new Host(new OneLink(), MachineFiles.ofThisMachine(), () -> "boot"));
    private final List<String> groups = new ArrayList<>();
    private boolean closed;
    private long gsoBytes = 65_536;
    private int limitBytes = 65_535;
    private String mode = "copy";
    private boolean mayChange = true;
    private String memory = "64Mi";

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

    /** The interface eth1. */
    private final class OneLink implements Links {
        @Override
        public String namespace() {
            return "net:[1]";
        }

        @Override
        public boolean namespaceExists(String namespace) {
            return true;
        }

        @Override
        public OptionalInt index(String interfaceName) {
            return OptionalInt.of(1);
        }

        @Override
        public long read(String interfaceName, LinkAttribute.Name attribute) {
            assertEquals(LinkAttribute.Name.GSO_IPV4_MAX_SIZE, attribute);
            return gsoBytes;
        }

        @Override
        public List<String> addresses(String interfaceName) {
            return List.of();
        }

        @Override
        public FunctionSettings function(String interfaceName, int index) {
            throw new AssertionError("it has no functions");
        }

        @Override
        public void setFunction(String interfaceName, int index, FunctionSettings found, FunctionSettings wanted) {
            throw new AssertionError("it has no functions");
        }

        @Override
        public void write(String interfaceName, LinkAttribute.Name attribute, long value) {
            if (!mayChange) {
                throw new HostException("interface=eth1 cannot be set: EPERM");
            }
            gsoBytes = value;
        }
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
            int frameBytes = (int) gsoBytes - 1;
            return new PortFacts(
                    "packet:eth1",
                    "packet",
                    "eth1",
                    1,
                    1500,
                    true,
                    true,
                    true,
                    frameBytes,
                    limitBytes,
                    false,
                    mode,
                    -1);
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
        public void join(long group) {
            groups.add(MacAddress.format(group));
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private PortSetup setup(String more, Port port) throws Exception {
        Path file = directory.resolve("node.yaml");
        Files.writeString(file, """
                disks: [{path: /dev/nvme0n1}]
                ports: [{interfaceName: eth1, addresses: [192.0.2.10/24%s}]
                listeners: [{port: 80}]
                workers: {bufferMemory: %s}
                """.formatted(more, memory));
        return new PortSetup(AgentConfig.load(file), new ServeOptions(), changes, uri -> {
            assertEquals("packet:eth1?memory=" + 1024 * 1024 * Integer.parseInt(memory.replace("Mi", "")), uri);
            return port;
        });
    }

    /** Name and fields of an event. */
    private static String text(ILoggingEvent event) {
        return event.getFormattedMessage() + " "
                + event.getKeyValuePairs().stream()
                        .map(field -> field.key + "=" + field.value)
                        .collect(Collectors.joining(", ", "{", "}"));
    }

    @Test
    void shouldLogWhatTheDriverNotes() throws Exception {
        setup("]", new FakePort(List.of("interface=eth1 is slow"), List.of())).open(opened);
        assertEquals(
                List.of("port-note {port=eth1, note=interface=eth1 is slow}"),
                log.list.stream().map(PortSetupTest::text).toList());
        assertEquals(Level.WARN, log.list.getFirst().getLevel());
    }

    private Port openedPort() throws Exception {
        return setup("]", new FakePort(List.of(), List.of()))
                .open(opened)
                .getFirst()
                .port();
    }

    @Test
    void shouldLengthenTheFramesOfAnInterfaceThatIsCopiedTo() throws Exception {
        limitBytes = 524_279;
        assertEquals(393_215, openedPort().facts().maxFrameBytes());
        changes.close();
        assertEquals(65_536, gsoBytes);
    }

    @Test
    void shouldLengthenFramesNoFurtherThanTheDeviceTakes() throws Exception {
        limitBytes = 199_999;
        assertEquals(199_999, openedPort().facts().maxFrameBytes());
    }

    @Test
    void shouldLengthenFramesNoFurtherThanTheMemoryAllows() throws Exception {
        limitBytes = 524_279;
        memory = "4Mi";
        assertEquals(4 * 1024 * 1024 / 16 - 8192, openedPort().facts().maxFrameBytes());
    }

    @Test
    void shouldLeaveFramesThatAreLongAlready() throws Exception {
        limitBytes = 524_279;
        gsoBytes = 500_000;
        assertEquals(499_999, openedPort().facts().maxFrameBytes());
    }

    @Test
    void shouldLeaveADeviceThatReadsFramesItself() throws Exception {
        limitBytes = 524_279;
        mode = "ring";
        assertEquals(65_535, openedPort().facts().maxFrameBytes());
    }

    @Test
    void shouldSayThatFramesStayShortWhereTheHostRefuses() throws Exception {
        limitBytes = 524_279;
        mayChange = false;
        assertEquals(65_535, openedPort().facts().maxFrameBytes());
        assertTrue(text(log.list.getFirst()).contains("EPERM"), text(log.list.getFirst()));
    }

    @Test
    void shouldRefuseAnInterfaceThatTheKernelUses() throws Exception {
        String address = "interface=eth1 has an IP address; clear it: ip address flush dev eth1";
        String route = "interface=eth1 carries the default route; name another";
        var setup = setup("]", new FakePort(List.of(), List.of(route, address)));

        var e = assertThrows(CommandException.class, () -> setup.open(opened));
        assertEquals(ExitCode.REFUSED, e.exitCode());
        assertEquals(route + "\n" + address, e.getMessage());
        opened.close();
        assertTrue(closed, "a refused port is not left open");
    }

    @Test
    void shouldRefuseAnotherMtuThanTheConfigurations() throws Exception {
        var setup = setup("], mtu: 9000", new FakePort(List.of(), List.of()));

        var e = assertThrows(CommandException.class, () -> setup.open(opened));
        assertEquals(ExitCode.USAGE, e.exitCode());
        assertTrue(e.getMessage().contains("ip link set eth1 mtu 9000"), e.getMessage());
    }

    @Test
    void shouldHaveTheInterfaceTakeInWhatAsksForOurIpv6Addresses() throws Exception {
        setup("]", new FakePort(List.of(), List.of())).open(opened);
        assertEquals(List.of(), groups, "IPv4 asks everybody");
        setup(", '2001:db8::1:10/64', '2001:db8::2:0:10/64']", new FakePort(List.of(), List.of()))
                .open(opened);
        // The last one is of the link-local address, of the station 00:00:00:00:00:01.
        assertEquals(
                List.of("33:33:00:00:00:01", "33:33:ff:01:00:10", "33:33:ff:00:00:10", "33:33:ff:00:00:01"), groups);
    }
}
