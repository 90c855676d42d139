package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The sample video from an NVMe drive over a virtual function, to curl outside of the guest. */
@Tag("guest")
@ExtendWith(Consoles.class)
class ServingGuestE2E {
    private static final String ADDRESS = "198.18.8.2";
    private static final String IPV6_ADDRESS = "fd00:8::2";
    private static final String SAMPLE = "/opt/dcn/samples/video/content";
    private static final Path CONTENT = Path.of("../deploy/samples/video/content");
    private static final String TRACING = "/sys/kernel/tracing";

    private static Guest guest;

    @TempDir
    Path downloads;

    @BeforeAll
    static void boot() throws Exception {
        guest = Guest.with(GuestHardware.bare()
                        .nvme("uring", 64)
                        .nvme("passthru", 64)
                        .nvme("vfio", 64)
                        .nvme("huge", 64)
                        .igb())
                .boot();
        // What the virtual function's driver is given in one piece although it is longer than a packet.
        guest.check("mount -t tracefs tracefs " + TRACING + " && cd " + TRACING
                + " && echo 'p:long igbvf_xmit_frame bytes=skb->len' >kprobe_events"
                + " && echo 'bytes > 1600' >events/kprobes/long/filter && echo 1 >events/kprobes/long/enable");
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    @Test
    void shouldServeThroughUring() throws Exception {
        String name = guest.check("basename /sys/bus/pci/devices/" + guest.pciAddress("uring") + "/nvme/nvme*/nvme*n1");
        // Which disk it comes from makes no difference to the card: once over IPv6 is enough.
        shouldServe("uring", "path: /dev/" + name.replaceFirst("c\\d+n", "n"), ADDRESS, "[" + IPV6_ADDRESS + "]");
    }

    @Test
    void shouldServeThroughPassthru() throws Exception {
        shouldServe("passthru", "pciAddress: \"" + guest.pciAddress("passthru") + "\"", ADDRESS);
    }

    @Test
    void shouldServeThroughVfio() throws Exception {
        shouldServe("vfio", "pciAddress: \"" + guest.pciAddress("vfio") + "\"", ADDRESS);
    }

    /** Buffers for slots and for TLS records; the interface is virtual, as a card's ring is the kernel's memory. */
    @Test
    void shouldServeFromHugePages() throws Exception {
        makeCertificate();
        guest.check("ip netns add outside && ip link add inner type veth peer name outer netns outside"
                + " && sysctl -qw net.ipv6.conf.inner.disable_ipv6=1 && ip link set inner up"
                + " && ip -n outside address add 198.18.9.1/24 dev outer && ip -n outside link set outer up");
        int free = freeHugePages();
        try (GuestAgent agent = GuestAgent.start(guest, """
                disks: [{pciAddress: "%s", driver: vfio}]
                ports: [{interfaceName: inner, addresses: [198.18.9.2/24]}]
                listeners: [{port: 443, tls: {secretName: guest}}]
                workers: {bufferMemory: 32Mi, hugepages: 48Mi}
                format: IfEmpty
                drainTimeout: 2s
                """.formatted(guest.pciAddress("huge")))) {
            int taken = free - freeHugePages();
            assertTrue(taken > 14 / 2 && taken <= 48 / 2, () -> "huge pages taken=" + taken);
            agent.putTree(SAMPLE);
            String name = guest.check("cd " + SAMPLE + " && find . -type f -size +1000k | head -n 1 | cut -c 3-");
            assertEquals(
                    guest.check("sha256sum <" + SAMPLE + "/" + name),
                    guest.check("ip netns exec outside curl -ksSf -m 60 https://198.18.9.2/" + name + " | sha256sum"));
            assertEquals(0, agent.stop(), agent::log);
        }
        assertEquals(free, freeHugePages());
    }

    private static int freeHugePages() {
        return Integer.parseInt(guest.check("awk '/HugePages_Free/ { print $2 }' /proc/meminfo"));
    }

    private void makeCertificate() throws IOException {
        Run.checked(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-subj",
                "/CN=guest",
                "-keyout",
                downloads.resolve("tls.key").toString(),
                "-out",
                downloads.resolve("tls.crt").toString());
        guest.check("mkdir -p /etc/dcn/tls/guest");
        for (String file : List.of("tls.key", "tls.crt")) {
            guest.write("/etc/dcn/tls/guest/" + file, Files.readAllBytes(downloads.resolve(file)));
        }
    }

    /** @param hosts whose sample is fetched, as they stand in a URL */
    private void shouldServe(String driver, String disk, String... hosts) throws Exception {
        long startNs = System.nanoTime();
        String card = guest.pciAddress("nic0");
        String node = """
                apiVersion: diskcryptnet.dev/v1alpha1
                kind: StreamingNode
                metadata:
                  name: guest
                spec:
                  nodeName: guest
                  disks:
                  - {%s, driver: %s}
                  ports:
                  - physicalFunction: "%s"
                    virtualFunction: 0
                    macAddress: "02:00:00:00:00:01"
                    driver: packet
                    addresses: [%s/24, "%s/64"]
                    gateways: [%s]
                  listeners:
                  - port: 80
                  workers: {count: 1, bufferMemory: 32Mi}
                  format: IfEmpty
                  drainTimeout: 2s
                """.formatted(disk, driver, card, ADDRESS, IPV6_ADDRESS, Guest.CLIENT_ADDRESS);
        try (GuestAgent agent = GuestAgent.start(guest, node)) {
            print(driver, "ready", startNs);
            checkStatus(agent.status(), driver);
            agent.putTree(SAMPLE);
            print(driver, "has the sample", startNs);
            for (String host : hosts) {
                guest.check("echo >" + TRACING + "/trace");
                long bytes = download(host);
                print(driver, "sent it from " + host, startNs);
                long segmented = longFrameBytes();
                assertTrue(
                        segmented > bytes * 9 / 10,
                        () -> host + ": of bytes=" + bytes + " segmented by the card=" + segmented);
            }
            assertEquals(0, agent.stop(), agent::log);
            print(driver, "stopped", startNs);
        }
        assertEquals(
                "nvme",
                guest.check("basename $(readlink /sys/bus/pci/devices/" + guest.pciAddress(driver) + "/driver)"));
        assertEquals("0", guest.check("cat /sys/bus/pci/devices/" + card + "/sriov_numvfs"));
    }

    private static void print(String driver, String what, long startNs) {
        System.out.println(driver + ": " + what + " after " + (System.nanoTime() - startNs) / 1_000_000 + " ms");
    }

    private static void checkStatus(JsonNode status, String driver) {
        JsonNode disk = status.at("/disks/0");
        assertEquals(driver, disk.get("driver").asText(), status::toString);
        assertEquals(driver, disk.get("serial").asText(), status::toString);
        JsonNode port = status.at("/ports/0");
        assertEquals("02:00:00:00:00:01", port.get("macAddress").asText(), status::toString);
        assertTrue(port.get("segmentationOffload").asBoolean(), status::toString);
    }

    /** Returns the number of bytes, which are all as they should be. */
    private long download(String host) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(CONTENT)) {
            files = walk.filter(Files::isRegularFile).map(CONTENT::relativize).toList();
        }
        long bytes = 0;
        for (Path file : files) {
            Path got = downloads.resolve("got");
            var result =
                    guest.inClient("curl", "-sSf", "-m", "60", "-o", got.toString(), "http://" + host + "/" + file);
            assertTrue(result.ok(), result::output);
            assertEquals(-1, Files.mismatch(CONTENT.resolve(file), got), file::toString);
            bytes += Files.size(got);
        }
        return bytes;
    }

    private static long longFrameBytes() {
        return Long.parseLong(guest.check(
                "awk -F bytes= '/igbvf_xmit_frame/ { sum += $2 } END { printf \"%d\", sum }' " + TRACING + "/trace"));
    }
}
