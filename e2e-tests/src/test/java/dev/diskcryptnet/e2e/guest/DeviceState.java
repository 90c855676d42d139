package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;

/** What a guest's devices are set to, by a script that shares nothing with the agent. */
final class DeviceState {
    private static final String SCRIPT = "/root/device-state";

    private final Guest guest;
    private final String before;

    private DeviceState(Guest guest, String before) {
        this.guest = guest;
        this.before = before;
    }

    /** As it is now. */
    static DeviceState of(Guest guest) throws IOException {
        // After a reset the guest has forgotten the script.
        guest.write(SCRIPT, Files.readAllBytes(GuestFiles.SCRIPTS.resolve("device-state")));
        return new DeviceState(guest, text(guest));
    }

    private static String text(Guest guest) {
        return guest.check("bash " + SCRIPT);
    }

    /** The state that was seen. */
    String text() {
        return before;
    }

    /** Compares it with that of now. @param when for the message */
    void assertStill(String when) {
        assertEquals(before, text(guest), when);
    }
}
