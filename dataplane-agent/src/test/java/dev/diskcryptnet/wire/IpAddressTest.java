package dev.diskcryptnet.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.10, 192.0.2.10",
        "0.0.0.0, 0.0.0.0",
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "2001:DB8::10, 2001:db8::10",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "1:0:0:2:0:0:0:3, 1:0:0:2::3",
        "0:0:0:0:0:0:0:0, ::",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "::ffff:192.0.2.1, 192.0.2.1",
        "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
    })
    void shouldParseAndFormat(String text, String formatted) {
        assertEquals(formatted, IpAddress.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "1.2.3",
                "1.2.3.4.5",
                "01.2.3.4",
                "256.1.1.1",
                "1.2.3.-4",
                "1..2.3",
                ":",
                ":::",
                "1:2",
                "1::2::3",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "12345::",
                "g::",
                "::1.2.3",
                "1.2.3.4::",
                "fe80::1%eth0",
                "1:2:3:4:5:6:7:1.2.3.4",
                ":1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:",
                "١.2.3.4"
            })
    void shouldRefuseWhatIsNoAddress(String text) {
        var refusal = assertThrows(IllegalArgumentException.class, () -> IpAddress.parse(text));
        assertTrue(refusal.getMessage().contains("address=" + text));
    }

    @Test
    void shouldAgreeWithThePlatformOnRandomAddresses() throws UnknownHostException {
        Random random = new Random(4291);
        byte[] bytes = new byte[16];
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        for (int i = 0; i < 2_000; i++) {
            random.nextBytes(bytes);
            for (int zero = random.nextInt(12); zero > 0; zero--) {
                int group = random.nextInt(8);
                bytes[2 * group] = bytes[2 * group + 1] = 0;
            }
            bytes[0] = 0x20;
            long high = buffer.getLong(0, java.nio.ByteOrder.BIG_ENDIAN);
            long low = buffer.getLong(8, java.nio.ByteOrder.BIG_ENDIAN);
            String platform = InetAddress.getByAddress(bytes).getHostAddress();
            assertEquals(new IpAddress(high, low), IpAddress.parse(platform));
            assertEquals(new IpAddress(high, low), IpAddress.parse(IpAddress.format(high, low)));
        }
    }

    @Test
    void shouldGiveTheBytesThatThePlatformGives() throws UnknownHostException {
        for (String text : new String[] {"192.0.2.10", "2001:db8::a"}) {
            assertArrayEquals(
                    InetAddress.getByName(text).getAddress(),
                    IpAddress.parse(text).bytes());
        }
    }

    @Test
    void shouldTellTheFamiliesApart() {
        assertTrue(IpAddress.parse("10.0.0.1").isIpv4());
        assertFalse(IpAddress.parse("::10.0.0.1").isIpv4());
        assertEquals(0xFFFF_0A00_0001L, IpAddress.parse("10.0.0.1").low());
    }

    @Test
    void shouldParseAndFormatStationAddresses() {
        assertEquals(0x02_00_00_ab_cd_efL, MacAddress.parse("02:00:00:AB:cd:ef"));
        assertEquals("02:00:00:ab:cd:ef", MacAddress.format(0x02_00_00_ab_cd_efL));
        assertThrows(IllegalArgumentException.class, () -> MacAddress.parse("02:00:00:ab:cd"));
        assertThrows(IllegalArgumentException.class, () -> MacAddress.parse("02:00:00:ab:cd:eg"));
        assertFalse(MacAddress.isUnicast(MacAddress.BROADCAST));
        assertFalse(MacAddress.isUnicast(0x01_00_5E_00_00_01L));
        assertFalse(MacAddress.isUnicast(0));
        assertTrue(MacAddress.isUnicast(0x02_00_00_00_00_01L));
    }
}
