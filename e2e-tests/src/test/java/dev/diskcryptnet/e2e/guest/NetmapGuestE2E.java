package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The netmap driver on the netmap kernel module, where one is given that was built for the guest's kernel: on ports of a VALE
 * switch, and on veth in emulated mode.
 */
@Tag("guest")
@ExtendWith(Consoles.class)
class NetmapGuestE2E {
    private static final String MODULE = "DCN_NETMAP_MODULE";
    private static final Path AGENT = Path.of("../dataplane-agent/target").toAbsolutePath();
    private static final String CONTRACT = "dev.diskcryptnet.netmap.PortContractTest";
    private static final String SAMPLE = "/opt/dcn/samples/video/content";
    private static final Duration NATIVE_LIMIT = Duration.ofSeconds(120);
    private static final Duration CONTRACT_LIMIT = Duration.ofSeconds(400);

    private static Guest guest;

    @BeforeAll
    static void boot() throws Exception {
        String module = System.getenv(MODULE);
        assumeTrue(
                module != null,
                "no netmap module: " + MODULE + " names none (a netmap.ko for the kernel that guest/fetch prints)");
        guest = Guest.with(GuestHardware.bare().nvme("film", 64).modules("veth", "nvme"))
                .boot();
        guest.write("/root/netmap.ko", Files.readAllBytes(Path.of(module)));
        CommandResult loaded = guest.run("insmod /root/netmap.ko admode=2"); // emulated mode, whatever the interface
        assertTrue(loaded.ok(), () -> MODULE + "=" + module + ": " + loaded + guest.run("dmesg | tail -n 3; uname -r"));
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    @Test
    void shouldPassTheDriversOwnTest() throws Exception {
        guest.write("/root/netmap_port_test", Files.readAllBytes(AGENT.resolve("native/netmap_port_test")));
        CommandResult result = guest.run("chmod +x netmap_port_test && ./netmap_port_test", NATIVE_LIMIT);
        System.out.print(result.stdout());
        assertEquals(0, result.exitCode(), result::toString);
    }

    @Test
    void shouldKeepTheContractOfAPort(@TempDir Path directory) throws Exception {
        Path archive = directory.resolve("tests.tar");
        sendTests(archive);
        guest.run("mkdir tests && busybox tar -x -C tests", Files.readAllBytes(archive), Duration.ofSeconds(60))
                .checked();
        CommandResult result = guest.run(
                "cd tests && java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED"
                        + " --add-opens java.base/jdk.internal.misc=ALL-UNNAMED -Ddcn.library=/opt/dcn/dist/lib/libdcn.so"
                        + " -Ddcn.contract.driver=netmap"
                        + " -cp \".:jars/*:/opt/dcn/dist/lib/*\" " + TestRun.class.getName() + " " + CONTRACT,
                CONTRACT_LIMIT);
        List<String> lines = result.stdout().lines().toList();
        lines.stream().filter(line -> line.contains("NETMAP")).forEach(System.out::println);
        assertEquals(0, result.exitCode(), result::toString);
        for (String driver : new String[] {"NETMAP ", "NETMAP_SWITCH "}) {
            assertTrue(lines.stream().anyMatch(line -> line.startsWith("PASSED " + driver)), result::toString);
        }
    }

    @Test
    void shouldServeOnAnInterface() throws Exception {
        guest.check("ip netns add outside && ip link add inner type veth peer name outer netns outside"
                + " && sysctl -qw net.ipv6.conf.inner.disable_ipv6=1 && ip link set inner up"
                + " && ip -n outside address add 198.18.9.1/24 dev outer && ip -n outside link set outer up");
        String name = guest.check("basename /sys/bus/pci/devices/" + guest.pciAddress("film") + "/nvme/nvme*/nvme*n1");
        try (GuestAgent agent = GuestAgent.start(guest, """
                disks: [{path: /dev/%s}]
                ports: [{interfaceName: inner, driver: netmap, addresses: [198.18.9.2/24]}]
                listeners: [{port: 80}]
                workers: {count: 1, bufferMemory: 32Mi}
                format: IfEmpty
                drainTimeout: 2s
                """.formatted(name.replaceFirst("c\\d+n", "n")))) {
            assertEquals("netmap", agent.status().at("/ports/0/driver").asText(), agent::log);
            agent.putTree(SAMPLE);
            String file = guest.check("cd " + SAMPLE + " && find . -type f -size +1000k | head -n 1 | cut -c 3-");
            assertEquals(
                    guest.check("sha256sum <" + SAMPLE + "/" + file),
                    guest.check("ip netns exec outside curl -sSf -m 60 http://198.18.9.2/" + file + " | sha256sum"));
            assertEquals(0, agent.stop(), agent::log);
        }
    }

    /** The agent's test classes, the class that runs them, and JUnit. */
    private static void sendTests(Path archive) throws Exception {
        Path jars = Files.createDirectory(archive.resolveSibling("jars"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path jar = Path.of(entry);
            if (jar.getFileName().toString().matches("(junit-|opentest4j|apiguardian|jspecify).*\\.jar")) {
                Files.copy(jar, jars.resolve(jar.getFileName()));
            }
        }
        Path own = Path.of(TestRun.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        List<String> command = new ArrayList<>(List.of("tar", "-cf", archive.toString(), "-C"));
        command.addAll(List.of(
                jars.getParent().toString(),
                "jars",
                "-C",
                AGENT.resolve("test-classes").toString()));
        try (Stream<Path> tests = Files.list(AGENT.resolve("test-classes/dev/diskcryptnet/netmap"))) {
            tests.forEach(test -> command.add("dev/diskcryptnet/netmap/" + test.getFileName()));
        }
        command.addAll(List.of("-C", own.toString(), TestRun.class.getName().replace('.', '/') + ".class"));
        Run.checked(command.toArray(String[]::new));
    }
}
