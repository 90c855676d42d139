package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The three disk drivers beside each other on equal drives of one guest. Drives and processors are emulated, so figures say how
 * drivers compare and nothing of any drive. {@code ./dcn bench --guest} runs this for longer and shows what it measured.
 */
@Tag("guest")
@ExtendWith(Consoles.class)
@EnabledIf(value = "isAskedFor", disabledReason = "takes another guest; in full, and by ./dcn bench --guest")
class DiskSpeedGuestE2E {
    private static final int ROUNDS = Integer.getInteger("dcn.guest.rounds", 2);
    private static final int DRIVE_MIB = 128;
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Path FIGURES = Path.of("target/guest/disks.json");
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Guest guest;
    private static String disks;

    static boolean isAskedFor() {
        return Boolean.getBoolean("dcn.long") || Integer.getInteger("dcn.guest.rounds") != null;
    }

    @BeforeAll
    static void boot() throws Exception {
        Files.createDirectories(FIGURES.getParent());
        Files.deleteIfExists(FIGURES);
        guest = Guest.with(GuestHardware.bare()
                        .nvme("uring", DRIVE_MIB)
                        .nvme("passthru", DRIVE_MIB)
                        .nvme("vfio", DRIVE_MIB))
                .boot();
        for (String drive : List.of("uring", "passthru", "vfio")) {
            // What was never written would be read from nowhere.
            Run.checked(
                    "dd", "if=/dev/urandom", "of=" + guest.file(drive), "bs=1M", "count=" + DRIVE_MIB, "conv=notrunc");
        }
        String vfio = guest.pciAddress("vfio");
        guest.check("cd /sys/bus/pci; echo vfio-pci >devices/" + vfio + "/driver_override; echo " + vfio
                + " >drivers/nvme/unbind; echo " + vfio + " >drivers_probe");
        disks = "--disk uring:/dev/nvme" + namespace("uring") + " --disk passthru:/dev/ng" + namespace("passthru")
                + " --disk vfio:" + vfio;
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    private static String namespace(String id) {
        String controller = guest.check("basename /sys/bus/pci/devices/" + guest.pciAddress(id) + "/nvme/nvme*");
        return controller.substring("nvme".length()) + "n1";
    }

    @Test
    void shouldTakeLessProcessorTimeForSmallReadsThroughVfioThanThroughUring() throws IOException {
        Map<String, JsonNode> measured = measure("--block 4Ki");
        double uring =
                measured.get("uring").get("threadMicrosecondsPerOperation").asDouble();
        double vfio = measured.get("vfio").get("threadMicrosecondsPerOperation").asDouble();
        assertTrue(vfio < uring, measured::toString);
    }

    /** How fast is for people to compare: one thread of QEMU moves the bytes for all, as fast as it gets a processor. */
    @Test
    void shouldReadLargeBlocksThroughEveryDriver() throws IOException {
        Map<String, JsonNode> measured = measure("--block 128Ki --sequential");
        assertEquals(Set.of("uring", "passthru", "vfio"), measured.keySet());
        measured.values()
                .forEach(figures -> assertTrue(figures.get("megabytesPerSecond").asDouble() > 0, measured::toString));
    }

    private static Map<String, JsonNode> measure(String options) throws IOException {
        String lines = guest.check(
                "dcn-agent bench-disk " + disks + " --json --depth 64 --seconds 1 --warmup 1 --rounds " + ROUNDS + " "
                        + options,
                LIMIT);
        Files.writeString(FIGURES, lines + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        Map<String, JsonNode> byDriver = new HashMap<>();
        for (String line : lines.lines().toList()) {
            JsonNode result = JSON.readTree(line);
            byDriver.put(result.get("driver").asText(), result);
        }
        return byDriver;
    }
}
