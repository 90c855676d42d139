package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
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
        shouldServe("uring", "path: /dev/" + name.replaceFirst("c\\d+n", "n"));
    }

    @Test
    void shouldServeThroughPassthru() throws Exception {
        shouldServe("passthru", "pciAddress: \"" + guest.pciAddress("passthru") + "\"");
    }

    @Test
    void shouldServeThroughVfio() throws Exception {
        shouldServe("vfio", "pciAddress: \"" + guest.pciAddress("vfio") + "\"");
    }

    private void shouldServe(String driver, String disk) throws Exception {
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
                    addresses: [%s/24]
                    gateways: [%s]
                  listeners:
                  - port: 80
                  workers: {count: 1, bufferMemory: 32Mi}
                  format: IfEmpty
                  drainTimeout: 2s
                """.formatted(disk, driver, card, ADDRESS, Guest.CLIENT_ADDRESS);
        try (GuestAgent agent = GuestAgent.start(guest, node)) {
            print(driver, "ready", startNs);
            checkStatus(agent.status(), driver);
            agent.putTree(SAMPLE);
            print(driver, "has the sample", startNs);
            guest.check("echo >" + TRACING + "/trace");
            long bytes = download();
            print(driver, "sent it", startNs);
            long segmented = longFrameBytes();
            assertTrue(segmented > bytes * 9 / 10, () -> "of bytes=" + bytes + " segmented by the card=" + segmented);
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
    private long download() throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(CONTENT)) {
            files = walk.filter(Files::isRegularFile).map(CONTENT::relativize).toList();
        }
        long bytes = 0;
        for (Path file : files) {
            Path got = downloads.resolve("got");
            var result =
                    guest.inClient("curl", "-sSf", "-m", "60", "-o", got.toString(), "http://" + ADDRESS + "/" + file);
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
