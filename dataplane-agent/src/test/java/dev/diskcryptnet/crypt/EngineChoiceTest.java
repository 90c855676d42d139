package dev.diskcryptnet.crypt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EngineChoiceTest {
    /** Run in a process of its own, since what came of loading a library holds for the life of one. */
    public static final class Chooser {
        public static void main(String[] args) {
            try {
                EngineChoice choice = EngineChoice.choose(args[0]);
                System.out.println(choice.engine().displayName() + " | " + choice.reason());
            } catch (IllegalArgumentException e) {
                System.out.println("refused | " + e.getMessage());
            }
        }
    }

    private static String choose(String wanted, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-Ddcn.library=" + System.getProperty("dcn.library"),
                "-cp",
                System.getProperty("java.class.path"),
                Chooser.class.getName(),
                wanted);
        builder.environment().putAll(environment);
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    @Test
    void shouldChooseTheFasterEngine() {
        EngineChoice choice = EngineChoice.choose("auto");
        Map<CryptEngine, Double> speeds = choice.gigabytesPerSecond();
        for (CryptEngine engine : CryptEngine.values()) {
            assertEquals(engine.isAvailable(), speeds.containsKey(engine), engine.displayName());
        }
        assertEquals(Collections.max(speeds.values()), speeds.get(choice.engine()));
        speeds.values().forEach(speed -> assertTrue(speed > 0.05, "gigabytesPerSecond=" + speed));
        assertTrue(choice.reason().contains("GB/s"), choice.reason());
        assertTrue(choice.reason().contains(choice.engine().libraryVersion()), choice.reason());
    }

    @ParameterizedTest
    @EnumSource(CryptEngine.class)
    void shouldTakeTheEngineThatIsAskedFor(CryptEngine engine) {
        assumeTrue(engine.isAvailable(), engine::libraryVersion);
        EngineChoice choice = EngineChoice.choose(engine.displayName());
        assertEquals(engine, choice.engine());
        assertTrue(choice.reason().startsWith("as configured"), choice.reason());
    }

    @Test
    void shouldNameWhatMayBeAskedFor() {
        var refused = assertThrows(IllegalArgumentException.class, () -> EngineChoice.choose("wolfssl"));
        assertEquals("cryptEngine=wolfssl is none of auto, ipsec-mb, openssl", refused.getMessage());
    }

    @Test
    void shouldRunOnOpensslAndSayWhatIsMissing() throws IOException {
        assumeTrue(CryptEngine.OPENSSL.isAvailable(), CryptEngine.OPENSSL::libraryVersion);
        String answer = choose("auto", Map.of("DCN_IPSEC_MB", "/nowhere/libIPSec_MB.so.1"));
        assertTrue(answer.startsWith("openssl | the only one here: openssl "), answer);
        assertTrue(answer.contains("ipsec-mb is not available (/nowhere/libIPSec_MB.so.1: cannot open"), answer);
        assertTrue(answer.contains("Debian package libipsec-mb1"), answer);
    }

    @Test
    void shouldRefuseAnEngineThatIsNotThere() throws IOException {
        String answer = choose("ipsec-mb", Map.of("DCN_IPSEC_MB", "/nowhere/libIPSec_MB.so.1"));
        assertTrue(answer.startsWith("refused | cryptEngine=ipsec-mb is not available (/nowhere/"), answer);
        assertTrue(answer.endsWith("install it, or set cryptEngine to auto"), answer);
    }

    @Test
    void shouldRefuseToRunWithoutAny() throws IOException {
        String answer = choose("auto", Map.of("DCN_IPSEC_MB", "/nowhere/a", "DCN_LIBCRYPTO", "/nowhere/b"));
        assertTrue(answer.startsWith("refused | cryptEngine=auto finds no engine: ipsec-mb is not"), answer);
        assertTrue(answer.contains("openssl is not available (/nowhere/b"), answer);
    }
}
