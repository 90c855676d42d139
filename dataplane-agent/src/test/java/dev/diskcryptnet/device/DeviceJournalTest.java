package dev.diskcryptnet.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceJournalTest {
    private static final HostChange CHANGE =
            new LinkAttribute("net:[1]", "eth1", 7, LinkAttribute.Name.GSO_IPV4_MAX_SIZE, 65_536, 185_000);

    @TempDir
    Path directory;

    private Path file;
    private DeviceJournal journal;

    @BeforeEach
    void setUp() {
        file = directory.resolve("devices.json");
        journal = new DeviceJournal(new DurableFile(file));
    }

    @Test
    void shouldReadWhatWasWritten() {
        assertNull(journal.read());
        var content = new DeviceJournal.Content("boot", List.of(CHANGE, CHANGE));
        journal.write(content);
        assertEquals(content, journal.read());
        journal.write(new DeviceJournal.Content("boot", List.of()));
        assertNull(journal.read());
        assertFalse(Files.exists(file));
    }

    /** Files of this shape lie on hosts: it must stay readable. */
    @Test
    void shouldReadFileOfTheFirstVersion() throws Exception {
        Files.writeString(file, """
                {"version": 1, "crc32c": "1cc552ab", "content": {"bootId": "boot", "changes": [
                  {"kind": "LinkAttribute", "namespace": "net:[1]", "interfaceName": "eth1", "interfaceIndex": 7,
                   "attribute": "GSO_IPV4_MAX_SIZE", "before": 65536, "after": 185000}]}}
                """.replace("CRC", "FIRST_VERSION_CRC"));
        assertEquals(new DeviceJournal.Content("boot", List.of(CHANGE)), journal.read());
    }

    @Test
    void shouldRefuseEveryFlippedCharacterThatChangesTheMeaning() throws Exception {
        journal.write(new DeviceJournal.Content("boot", List.of(CHANGE)));
        byte[] good = Files.readAllBytes(file);
        for (int i = 0; i < good.length; i++) {
            if (Character.isWhitespace(good[i])) {
                continue;
            }
            byte[] bad = good.clone();
            bad[i] ^= 1;
            Files.write(file, bad);
            StateException e = assertThrows(StateException.class, journal::read, "byte " + i);
            assertEquals(StateException.Reason.UNREADABLE, e.reason());
            assertTrue(e.getMessage().contains(file.toString()), e::getMessage);
        }
    }

    @Test
    void shouldRefuseEveryTruncation() throws Exception {
        journal.write(new DeviceJournal.Content("boot", List.of(CHANGE)));
        byte[] good = Files.readAllBytes(file);
        for (int length = 0; length < good.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(good, length));
            assertThrows(StateException.class, journal::read, "length " + length);
        }
    }

    @Test
    void shouldNameTheVersionThatItDoesNotKnow() throws Exception {
        Files.writeString(file, "{\"version\": 2, \"crc32c\": \"0\", \"content\": {}}");
        StateException e = assertThrows(StateException.class, journal::read);
        assertTrue(e.getMessage().contains("version=2, this agent knows 1"), e::getMessage);
    }

    @Test
    void shouldOverwriteWhatAnInterruptedWriteHasLeft() throws Exception {
        Files.writeString(directory.resolve("devices.json.new"), "x".repeat(100_000));
        journal.write(new DeviceJournal.Content("boot", List.of(CHANGE)));
        assertEquals(List.of(CHANGE), journal.read().changes());
        assertFalse(Files.exists(directory.resolve("devices.json.new")));
    }
}
