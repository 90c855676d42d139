package dev.diskcryptnet.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PerfLayoutTest {
    @Test
    void shouldFindFieldsWhereTheCompilerPutThem() throws Exception {
        assertEquals(NativeLayout.ofCompiler("dcn_perf_count"), NativeLayout.ofConstants(PerfLibrary.class, "COUNT_"));
    }
}
