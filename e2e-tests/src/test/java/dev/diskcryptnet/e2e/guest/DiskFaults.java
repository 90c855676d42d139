package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * A volume on three drives while things break: a sound one, one that loses a part of its medium, and one that is taken out
 * and put back. Objects lie on all of them, and are fetched by curl outside of the guest.
 */
@Tag("guest")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class DiskFaults {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String ADDRESS = "198.18.8.2";
    private static final int OBJECTS = 6;
    private static final int OBJECT_BYTES = 6_000_000;
    private static final NvmeDrive HOT = NvmeDrive.of("hot", 64);
    /** A place in the first object on the drive. */
    private static final NvmeDrive BAD = NvmeDrive.of("bad", 64).failingReads(6 << 20, 512);

    private static Guest guest;
    private static GuestAgent agent;
    private static final byte[][] CONTENT = new byte[OBJECTS][OBJECT_BYTES];

    /** Driver of the drive that is taken out, and how its URI begins. */
    private final String driver;

    private final String uri;

    @TempDir
    Path directory;

    DiskFaults(String driver, String uri) {
        this.driver = driver;
        this.uri = uri;
    }

    /** One fetch, and what came of it. */
    private record Fetch(int object, Path file, Path head, Process curl) {
        int exitCode() throws InterruptedException {
            return curl.waitFor();
        }

        /** Whether all came, and as it should be; part of it is never wrong. */
        boolean isWhole() throws IOException, InterruptedException {
            int exitCode = exitCode();
            byte[] got = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            assertTrue(got.length <= OBJECT_BYTES);
            assertEquals(-1, mismatch(got), "object=" + object + " has other bytes");
            assertEquals(exitCode == 0, got.length == OBJECT_BYTES, "curl exitCode=" + exitCode);
            return exitCode == 0;
        }

        private int mismatch(byte[] got) {
            return java.util.Arrays.mismatch(got, 0, got.length, CONTENT[object], 0, got.length);
        }
    }

    @BeforeAll
    void serve() throws Exception {
        guest = Guest.with(GuestHardware.bare()
                        .nvme("sound", 64)
                        .nvme(BAD)
                        .freePort("bay")
                        .igb())
                .boot();
        guest.plug(HOT, "bay");
        guest.await("grep -l hot /sys/class/nvme/*/serial && ls /dev/ng*n1 | grep -c . | grep 3", LIMIT);
        String card = guest.check("ls /sys/bus/pci/devices/" + guest.pciAddress("nic0") + "/net");
        guest.check("echo 1 >/proc/sys/net/ipv6/conf/" + card + "/disable_ipv6; ip link set " + card + " up");
        guest.await("grep 1 /sys/class/net/" + card + "/carrier", LIMIT);
        agent = GuestAgent.start(
                guest, """
                apiVersion: diskcryptnet.dev/v1alpha1
                kind: StreamingNode
                metadata: {name: guest}
                spec:
                  nodeName: guest
                  disks:
                  - {path: %s, driver: uring}
                  - {path: %s, driver: uring}
                  - {pciAddress: "%s", driver: %s}
                  ports:
                  - {interfaceName: %s, driver: packet, addresses: [%s/24]}
                  listeners:
                  - port: 80
                  workers: {count: 1, bufferMemory: 16Mi}
                  format: IfEmpty
                  drainTimeout: 2s
                """.formatted(block("sound"), block("bad"), guest.pciAddress("hot"), driver, card, ADDRESS));
        var random = new Random(9);
        for (int i = 0; i < OBJECTS; i++) {
            random.nextBytes(CONTENT[i]);
            guest.write("/root/content/" + i, CONTENT[i]);
        }
        agent.putTree("/root/content");
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    private static String block(String serial) {
        String controller =
                guest.check("basename $(dirname $(grep -l '^" + serial + " *$' /sys/class/nvme/nvme*/serial))");
        return "/dev/" + controller + "n1";
    }

    private Fetch fetch(int object, String rate) throws IOException {
        Path file = directory.resolve(object + "-" + System.nanoTime());
        Path head = directory.resolve(file.getFileName() + ".head");
        String url = "http://" + ADDRESS + "/" + object;
        List<String> command = guest.onClient(
                "curl", "-sf", "-m", "50", "-D", head.toString(), "-o", file.toString(), "--limit-rate", rate, url);
        return new Fetch(object, file, head, new ProcessBuilder(command).start());
    }

    private List<Fetch> fetchAll(String rate) throws IOException {
        List<Fetch> fetches = new ArrayList<>();
        for (int object = 0; object < OBJECTS; object++) {
            fetches.add(fetch(object, rate));
        }
        return fetches;
    }

    private static List<Integer> whole(List<Fetch> fetches) throws IOException, InterruptedException {
        List<Integer> whole = new ArrayList<>();
        for (Fetch fetch : fetches) {
            if (fetch.isWhole()) {
                whole.add(fetch.object());
            }
        }
        return whole;
    }

    private static void awaitBytes(List<Fetch> fetches, int bytes) throws Exception {
        for (Fetch fetch : fetches) {
            while (fetch.curl().isAlive() && (!Files.exists(fetch.file()) || Files.size(fetch.file()) < bytes)) {
                Thread.sleep(20);
            }
        }
    }

    private static JsonNode awaitStatus(Predicate<JsonNode> wanted) throws Exception {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            JsonNode status = agent.status();
            if (wanted.test(status)) {
                return status;
            }
            assertTrue(System.nanoTime() < deadlineNs, () -> status + agent.log());
            Thread.sleep(500);
        }
    }

    private static JsonNode disk(JsonNode status, String serial) {
        return one(status.get("disks"), "serial", serial);
    }

    private static JsonNode condition(JsonNode status, String type) {
        return one(status.get("conditions"), "type", type);
    }

    private static JsonNode one(JsonNode list, String field, String value) {
        for (JsonNode candidate : list) {
            if (candidate.get(field).asText().equals(value)) {
                return candidate;
            }
        }
        throw new AssertionError(field + "=" + value + " is not in " + list);
    }

    private static String state(JsonNode device) {
        return device.at("/health/state").asText();
    }

    @Test
    @Order(1)
    void shouldEndOnlyStreamsThatNeedWhatTheMediumLost() throws Exception {
        List<Integer> whole = whole(fetchAll("100M"));
        assertEquals(OBJECTS - 1, whole.size(), () -> "whole=" + whole + agent.log());
        JsonNode status = agent.status();
        assertEquals("Failing", state(disk(status, "bad")), status::toString);
        assertEquals("Good", state(disk(status, "sound")), status::toString);
        assertEquals("DeviceFailed", condition(status, "Degraded").get("reason").asText(), status::toString);
        assertEquals("True", condition(status, "Serving").get("status").asText(), status::toString);
        assertTrue(agent.metric("dcn_disk_failed_streams_total") >= 1);
        assertEquals(0, agent.metric("dcn_disk_down"));
    }

    @Test
    @Order(2)
    void shouldGoOnAfterAControllerReset() throws Exception {
        List<Fetch> fetches = fetchAll("1M");
        awaitBytes(fetches, 300_000);
        for (String controller : guest.check("ls /sys/class/nvme").split("\\s+")) {
            guest.check("echo 1 >/sys/class/nvme/" + controller + "/reset_controller");
        }
        assertEquals(OBJECTS - 1, whole(fetches).size(), agent::log);
    }

    @Test
    @Order(3)
    void shouldServeTheOtherDisksWhileOneIsOutAndThatOneWhenItIsBack() throws Exception {
        List<Fetch> fetches = fetchAll("1M");
        awaitBytes(fetches, 300_000);
        guest.unplug("hot", LIMIT);
        List<Integer> others = whole(fetches);
        assertEquals(OBJECTS - 1 - OBJECTS / 3, others.size(), () -> "whole=" + others + agent.log());

        JsonNode out = awaitStatus(status -> state(disk(status, "hot")).equals("Missing"));
        JsonNode prepared = condition(out, "DevicesPrepared");
        assertEquals("False", prepared.get("status").asText());
        assertEquals("DeviceMissing", prepared.get("reason").asText());
        assertTrue(prepared.get("message").asText().contains(uri), prepared::toString);
        assertEquals(3, agent.metric("dcn_disk_state"));
        List<Fetch> again = fetchAll("100M");
        assertEquals(others, whole(again));
        List<String> refusals = new ArrayList<>();
        for (Fetch fetch : again) {
            String head = Files.readString(fetch.head());
            if (head.startsWith("HTTP/1.1 503")) {
                assertTrue(head.contains("Retry-After: 1"), head);
                refusals.add(head);
            }
        }
        assertEquals(OBJECTS / 3, refusals.size(), refusals::toString);

        guest.qmp("{\"execute\": \"blockdev-del\", \"arguments\": {\"node-name\": \"hot\"}}");
        guest.plug(HOT, "bay");
        awaitStatus(status -> !state(disk(status, "hot")).equals("Missing"));
        awaitDown(0);
        assertEquals(OBJECTS - 1, whole(fetchAll("100M")).size(), agent::log);
        assertEquals(1, agent.metric("dcn_disk_recoveries_total"));
        // Devices are looked at every few seconds.
        awaitStatus(status ->
                condition(status, "DevicesPrepared").get("status").asText().equals("True"));
    }

    private static void awaitDown(int wanted) throws InterruptedException {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (agent.metric("dcn_disk_down") != wanted) {
            assertTrue(System.nanoTime() < deadlineNs, agent::log);
            Thread.sleep(500);
        }
    }

    @Test
    @Order(4)
    void shouldFinishStreamsAfterTheLinkWasDown() throws Exception {
        List<Fetch> fetches = fetchAll("1M");
        awaitBytes(fetches, 300_000);
        setLink(false);
        JsonNode down = awaitStatus(status -> state(status.at("/ports/0")).equals("LinkDown"));
        assertEquals("True", condition(down, "Degraded").get("status").asText(), down::toString);
        setLink(true);
        assertEquals(OBJECTS - 1, whole(fetches).size(), agent::log);
        awaitStatus(status -> state(status.at("/ports/0")).equals("Good"));
    }

    private static void setLink(boolean up) {
        guest.qmp("{\"execute\": \"set_link\", \"arguments\": {\"name\": \"link0\", \"up\": " + up + "}}");
    }

    @Test
    @Order(5)
    void shouldLeaveTheVolumeAsItWas() throws Exception {
        assertEquals(0, agent.stop(), agent::log);
        String disks = Stream.of("sound", "bad", "hot")
                .map(serial -> " --disk " + block(serial))
                .collect(Collectors.joining());
        CommandResult verified = guest.run("dcn-agent volume verify -o json" + disks, Duration.ofSeconds(120));
        // What the medium lost is lost: a part of one object.
        assertEquals(5, verified.exitCode(), () -> verified.stdout() + verified.stderr());
        JsonNode report = new ObjectMapper().readTree(verified.stdout());
        List<String> damaged = report.get("damages").findValuesAsText("path").stream()
                .distinct()
                .toList();
        assertEquals(1, damaged.size(), report::toString);
        assertTrue(damaged.getFirst().matches("/[0-5]"), report::toString);
        assertEquals(OBJECTS, report.get("objects").asInt(), report::toString);
    }
}
