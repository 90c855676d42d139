package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * The netmap driver on the netmap kernel module, where one is given that was built for the guest's kernel: on ports of a VALE
 * switch, and on veth in emulated mode.
 */
@Tag("guest")
@ExtendWith(Consoles.class)
class NetmapGuestE2E {
    private static final String MODULE = "DCN_NETMAP_MODULE";
    private static final Path AGENT = Path.of("../dataplane-agent/target").toAbsolutePath();
    private static final List<String> CONTRACT =
            List.of("PortRingContractTest", "PortFramesContractTest", "PortLifecycleContractTest");
    /** Of tier kernel; there they run on the other drivers, or on this one where the module is loaded. */
    private static final List<String> KERNEL_TESTS = List.of("NetmapE2E", "NetmapSwitchE2E");

    private static final String SAMPLE = "/opt/dcn/samples/video/content";
    private static final Duration NATIVE_LIMIT = Duration.ofSeconds(120);
    private static final Duration CONTRACT_LIMIT = Duration.ofSeconds(400);
    private static final Duration KERNEL_TEST_LIMIT = Duration.ofSeconds(900);

    private static Guest guest;

    @BeforeAll
    static void boot(@TempDir Path directory) throws Exception {
        String module = System.getenv(MODULE);
        assumeTrue(
                module != null,
                "no netmap module: " + MODULE + " names none (a netmap.ko for the kernel that guest/fetch prints)");
        guest = Guest.with(GuestHardware.bare()
                        .nvme("film", 64)
                        .nvme("tests", 4096)
                        .memoryMiB(2560)
                        .modules("veth", "nvme", "xt_statistic", "xt_HL", "nft_compat"))
                .boot();
        guest.write("/root/netmap.ko", Files.readAllBytes(Path.of(module)));
        CommandResult loaded = guest.run("insmod /root/netmap.ko admode=2"); // emulated mode, whatever the interface
        assertTrue(loaded.ok(), () -> MODULE + "=" + module + ": " + loaded + guest.run("dmesg | tail -n 3; uname -r"));
        sendTests(directory);
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

    @ParameterizedTest
    @FieldSource("CONTRACT")
    void shouldKeepTheContractOfAPort(String test) throws Exception {
        List<String> lines = run("dev.diskcryptnet.netmap." + test, "-Ddcn.contract.driver=netmap", CONTRACT_LIMIT);
        for (String driver : new String[] {"NETMAP ", "NETMAP_SWITCH "}) {
            assertTrue(lines.stream().anyMatch(line -> line.startsWith("PASSED " + driver)), lines::toString);
        }
    }

    @ParameterizedTest
    @FieldSource("KERNEL_TESTS")
    void shouldPassTestsOfTierKernel(String test) throws Exception {
        List<String> lines = run("dev.diskcryptnet.e2e.kernel." + test, "-Ddcn.port.driver=netmap", KERNEL_TEST_LIMIT);
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("PASSED")), lines::toString);
    }

    /** Runs a class of tests in the guest, and returns a line for each. */
    private static List<String> run(String test, String property, Duration limit) throws Exception {
        CommandResult result = guest.run(
                "cd /root/project/e2e-tests && java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED"
                        + " --add-opens java.base/jdk.internal.misc=ALL-UNNAMED -Ddcn.library=/opt/dcn/dist/lib/libdcn.so "
                        + property + " -cp \"classes:jars/*:/opt/dcn/dist/lib/*\" " + TestRun.class.getName() + " "
                        + test,
                limit);
        List<String> lines = result.stdout().lines().toList();
        lines.stream()
                .filter(line -> line.matches("(PASSED|FAILED|SKIPPED) .*"))
                .forEach(System.out::println);
        assertEquals(0, result.exitCode(), result::toString);
        return lines;
    }

    @Test
    void shouldServeOnAnInterface() throws Exception {
        guest.check("ip netns add outside && ip link add inner type veth peer name outer netns outside"
                + " && sysctl -qw net.ipv6.conf.inner.disable_ipv6=1 && ip link set inner up"
                + " && ip -n outside address add 198.18.9.1/24 dev outer && ip -n outside link set outer up"
                // What arrives is copied, see TestBed.copyWhatArrives.
                + " && ip netns exec outside iptables -t mangle -A PREROUTING -j TTL --ttl-inc 1");
        try (GuestAgent agent = GuestAgent.start(guest, """
                disks: [{path: %s}]
                ports: [{interfaceName: inner, driver: netmap, addresses: [198.18.9.2/24]}]
                listeners: [{port: 80}]
                workers: {count: 1, bufferMemory: 32Mi}
                format: IfEmpty
                drainTimeout: 2s
                """.formatted(disk("film")))) {
            assertEquals("netmap", agent.status().at("/ports/0/driver").asText(), agent::log);
            assertTrue(agent.log().contains("interface=inner is a veth: netmap's emulated mode"), agent::log);
            agent.putTree(SAMPLE);
            String file = guest.check("cd " + SAMPLE + " && find . -type f -size +1000k | head -n 1 | cut -c 3-");
            assertEquals(
                    guest.check("sha256sum <" + SAMPLE + "/" + file),
                    guest.check("ip netns exec outside curl -sSf -m 60 http://198.18.9.2/" + file + " | sha256sum"));
            assertEquals(0, agent.stop(), agent::log);
        }
    }

    /** The checkout as tests see it, on a disk: the agent's distribution, test classes, and what they need of JUnit and Jackson. */
    private static void sendTests(Path directory) throws Exception {
        Path project = directory.resolve("e2e-tests");
        Path jars = Files.createDirectories(project.resolve("jars"));
        Path classes = Files.createDirectories(project.resolve("classes"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (path.getFileName().toString().matches("(junit-|opentest4j|apiguardian|jspecify|jackson-).*\\.jar")) {
                Files.copy(path, jars.resolve(path.getFileName()));
            }
        }
        for (String tests :
                List.of("../dataplane-agent/target/test-classes", "target/test-classes", "target/classes")) {
            Run.checked("cp", "-r", tests + "/dev", classes.toString());
        }
        Path archive = directory.resolve("tests.tar");
        Run.checked("tar", "-cf", archive.toString(), "-C", directory.toString(), "e2e-tests");
        guest.check("mkdir /root/project && mkfs.ext4 -q " + disk("tests") + " && mount " + disk("tests")
                + " /root/project && mkdir -p /root/project/dataplane-agent/target"
                + " && ln -s /opt/dcn/dist /root/project/dataplane-agent/target/dist");
        guest.run("busybox tar -x -C /root/project", Files.readAllBytes(archive), Duration.ofSeconds(60))
                .checked();
    }

    private static String disk(String id) {
        return "/dev/"
                + guest.check("basename /sys/bus/pci/devices/" + guest.pciAddress(id) + "/nvme/nvme*/nvme*n1")
                        .replaceFirst("c\\d+n", "n");
    }
}
