package dev.diskcryptnet.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetLayoutTest {
    @ParameterizedTest
    @CsvSource({
        "dcn_port_opened, OPENED_",
        "dcn_port_facts, FACTS_",
        "dcn_port_queue_opened, QUEUE_OPENED_",
        "dcn_ring_layout, RING_",
        "dcn_queue_state, STATE_",
        "dcn_rx_frame, RX_",
        "dcn_tx_frame, TX_",
        "dcn_link, LINK_",
        "dcn_link_function, FUNCTION_"
    })
    void shouldNameTheOffsetsThatTheCompilerChose(String struct, String prefix) throws Exception {
        Map<String, Integer> expected = NativeLayout.ofCompiler(struct);
        assertFalse(expected.isEmpty(), struct);
        assertEquals(expected, NativeLayout.ofConstants(NetLayout.class, prefix));
    }
}
