package dev.diskcryptnet.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CryptLayoutTest {
    @ParameterizedTest
    @CsvSource({"dcn_crypt_key_material, KEY_MATERIAL_", "dcn_crypt_record, RECORD_"})
    void shouldNameTheOffsetsThatTheCompilerChose(String struct, String prefix) throws Exception {
        Map<String, Integer> expected = NativeLayout.ofCompiler(struct);
        assertFalse(expected.isEmpty(), struct);
        assertEquals(expected, NativeLayout.ofConstants(CryptLayout.class, prefix));
    }
}
