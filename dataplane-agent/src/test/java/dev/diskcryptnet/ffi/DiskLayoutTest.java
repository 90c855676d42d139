package dev.diskcryptnet.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiskLayoutTest {
    @ParameterizedTest
    @CsvSource({
        "dcn_disk_op, OP_",
        "dcn_disk_done, DONE_",
        "dcn_disk_region, REGION_",
        "dcn_disk_queue_opened, QUEUE_OPENED_",
        "dcn_disk_opened, OPENED_",
        "dcn_disk_health, HEALTH_"
    })
    void shouldNameTheOffsetsThatTheCompilerChose(String struct, String prefix) throws Exception {
        Map<String, Integer> expected = NativeLayout.ofCompiler(struct);
        assertFalse(expected.isEmpty(), struct);
        assertEquals(expected, NativeLayout.ofConstants(DiskLayout.class, prefix));
    }

    @ParameterizedTest
    @CsvSource("dcn_wait_entry, ENTRY_")
    void shouldNameTheOffsetsOfAWaitEntry(String struct, String prefix) throws Exception {
        Map<String, Integer> expected = NativeLayout.ofCompiler(struct);
        assertFalse(expected.isEmpty(), struct);
        assertEquals(expected, NativeLayout.ofConstants(WaitLibrary.class, prefix));
    }
}
