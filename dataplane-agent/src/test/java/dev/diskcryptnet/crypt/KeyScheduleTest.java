package dev.diskcryptnet.crypt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyScheduleTest {
    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    }

    /** RFC 8448 section 3, "derive ... traffic keys": PRK, key expanded, iv expanded. */
    @ParameterizedTest
    @CsvSource({
        "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38,"
                + "3fce516009c21727d0f2e4e86ee403bc, 5d313eb2671276ee13000b30",
        "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21,"
                + "dbfaa693d1762c5b666af5d950258d01, 5bd3c71b836e0b76bb73265f",
        "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5,"
                + "17422dda596ed5d9acd890e3c63f5051, 5b78923dee08579033e523d9",
        "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643,"
                + "9f02283b6c9c07efc26bb9f2ac92e356, cf782b88dd83549aadf1e984"
    })
    void shouldDeriveTheKeysOfRfc8448(String secret, String key, String iv) {
        assertArrayEquals(hex(key), KeySchedule.key(CipherSuite.AES_128_GCM, hex(secret)));
        assertArrayEquals(hex(iv), KeySchedule.iv(CipherSuite.AES_128_GCM, hex(secret)));
    }

    /** RFC 8448 section 3, "calculate finished": any label of any length goes the same way. */
    @Test
    void shouldExpandTheFinishedKeyOfRfc8448() {
        byte[] secret = hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
        assertArrayEquals(
                hex("008d3b66f816ea559f96b537e885c31fc068bf492c652f01f288a1d8cdc19fc8"),
                KeySchedule.expandLabel(CipherSuite.AES_128_GCM, secret, "finished", 32));
    }

    @Test
    void shouldRotateToASecretOfTheSameLength() {
        for (CipherSuite suite : CipherSuite.values()) {
            byte[] secret = new byte[suite.hash().equals("SHA-384") ? 48 : 32];
            Arrays.fill(secret, (byte) 7);
            byte[] next = KeySchedule.nextSecret(suite, secret);
            assertEquals(secret.length, next.length);
            assertArrayEquals(KeySchedule.expandLabel(suite, secret, "traffic upd", secret.length), next);
            assertFalse(Arrays.equals(secret, next));
        }
    }

    /** The test vectors of the TLS working group's list for the PRF of TLS 1.2 ("test label"). */
    @Test
    void shouldComputeThePrfOfTls12() {
        assertArrayEquals(
                hex("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af"
                        + "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110ff"
                        + "f70187347b66"),
                KeySchedule.pseudorandom(
                        CipherSuite.AES_128_GCM,
                        hex("9bbe436ba940f017b17652849a71db35"),
                        "test label",
                        hex("a0ba9f936cda311827a6f796ffd5198c"),
                        100));
        assertArrayEquals(
                hex("7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0"
                        + "e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d91"
                        + "84259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be8"
                        + "5e0990703d73e56f"),
                KeySchedule.pseudorandom(
                        CipherSuite.AES_256_GCM,
                        hex("b80b733d6ceefcdc71566ea48e5567df"),
                        "test label",
                        hex("cd665cf6a8447dd6ff8b27555edb7465"),
                        148));
    }

    @Test
    void shouldCutTheKeyBlockInTheOrderOfRfc5246() {
        byte[] master = new byte[48];
        byte[] client = new byte[32];
        byte[] server = new byte[32];
        Arrays.fill(master, (byte) 1);
        Arrays.fill(client, (byte) 2);
        Arrays.fill(server, (byte) 3);
        byte[] seed = new byte[64];
        Arrays.fill(seed, 0, 32, (byte) 3);
        Arrays.fill(seed, 32, 64, (byte) 2);
        byte[] block = KeySchedule.pseudorandom(CipherSuite.AES_256_GCM, master, "key expansion", seed, 72);
        KeySchedule.KeyBlock keys = KeySchedule.tls12(CipherSuite.AES_256_GCM, master, client, server);
        assertArrayEquals(Arrays.copyOfRange(block, 0, 32), keys.clientKey());
        assertArrayEquals(Arrays.copyOfRange(block, 32, 64), keys.serverKey());
        assertArrayEquals(Arrays.copyOfRange(block, 64, 68), keys.clientIv());
        assertArrayEquals(Arrays.copyOfRange(block, 68, 72), keys.serverIv());
        assertFalse(keys.toString().contains("["), keys::toString);
        keys.wipe();
        assertArrayEquals(new byte[32], keys.serverKey());
    }
}
