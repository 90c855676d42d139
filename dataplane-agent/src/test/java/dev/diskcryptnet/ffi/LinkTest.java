package dev.diskcryptnet.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** The binding of {@code dcn_link_*}; what the calls do on an interface is a test beside the C source. */
class LinkTest {
    private static final int ENODEV = 19;
    private static final int EINVAL = 22;

    private final ByteBuffer memory = BufferUtil.allocateDirectAligned(NetLayout.LINK_SIZE, 8);
    private final UnsafeBuffer link = new UnsafeBuffer(memory);

    @Test
    void shouldReadTheLoopbackInterface() throws Exception {
        assertEquals(0, NetLibrary.get().dcn_link_get("lo", link.addressOffset()));
        assertEquals(sysfs("ifindex"), link.getInt(NetLayout.LINK_INDEX));
        assertEquals(sysfs("mtu"), link.getInt(NetLayout.LINK_MTU));
        assertTrue(link.getInt(NetLayout.LINK_GSO_MAX_SIZE) >= 65536);
        assertTrue(link.getInt(NetLayout.LINK_TSO_MAX_SIZE) >= link.getInt(NetLayout.LINK_GSO_MAX_SIZE));
    }

    @Test
    void shouldReturnTheKernelsErrorsAsNumbers() {
        NetLibrary library = NetLibrary.get();
        assertEquals(-ENODEV, library.dcn_link_get("dcn-none", link.addressOffset()));
        assertEquals(-EINVAL, library.dcn_link_get("a-name-that-is-too-long", link.addressOffset()));
        assertEquals(-ENODEV, library.dcn_link_set_gso_max_size("dcn-none", 65536));
        assertEquals(-ENODEV, library.dcn_link_group_join("dcn-none", link.addressOffset()));
        assertEquals(-ENODEV, library.dcn_link_set_gso_ipv4_max_size("dcn-none", 65536));
    }

    private static int sysfs(String attribute) throws Exception {
        return Integer.parseInt(
                Files.readString(Path.of("/sys/class/net/lo", attribute)).strip());
    }
}
