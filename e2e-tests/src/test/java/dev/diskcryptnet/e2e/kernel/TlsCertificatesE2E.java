package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which certificate a client is shown, and what happens when the files change. */
@Tag("kernel")
class TlsCertificatesE2E {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int OBJECT_BYTES = 30_000_000;
    /** Changed files are noticed within 5 s. */
    private static final Duration NOTICED = Duration.ofSeconds(8);

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private TestBed bed;
    private Certificates certificates;
    private Path object;

    @BeforeEach
    void make() throws Exception {
        bed = TestBed.create("tlscerts");
        object = bed.randomFile("object.bin", OBJECT_BYTES, SEED);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
        certificates = bed.serveTls();
        certificates.issue("default", "ec", "IP:" + TestBed.SERVER_ADDRESS, "DNS:default.example");
        certificates.issue("other", "rsa", "DNS:other.example", "DNS:second.example");
        certificates.issue("wild", "ec", "DNS:*.wild.example");
    }

    @AfterEach
    void stop() throws IOException {
        bed.close();
    }

    /** The serial number of the certificate that is shown to who asks for a name; an empty name asks for none. */
    private String shown(String name) {
        String server = name.isEmpty() ? "-noservername" : "-servername " + name;
        return bed.inClient(
                        "bash",
                        "-c",
                        "timeout 20 openssl s_client -connect " + bed.family().host() + ":443 " + server
                                + " </dev/null 2>/dev/null | openssl x509 -noout -serial")
                .strip();
    }

    private void awaitShown(String serial) throws InterruptedException {
        long deadlineNs = System.nanoTime() + NOTICED.toNanos();
        while (!shown("").equals(serial)) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "not shown within " + NOTICED + ": " + serial);
            Thread.sleep(200);
        }
    }

    private static void awaitLog(AgentProcess agent, String text) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + NOTICED.toNanos();
        while (!agent.log().contains(text)) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "no \"" + text + "\" in:\n" + agent.log());
            Thread.sleep(200);
        }
    }

    private JsonNode status() throws IOException {
        return new ObjectMapper().readTree(bed.inClient("curl", "-sSf", "-m", "10", bed.adminUrl("/v1/status")));
    }

    @Test
    void shouldShowTheCertificateOfTheNameThatIsAskedFor() throws Exception {
        bed.startAgent();
        Map<String, String> secretOf = Map.of(
                "", "default",
                "default.example", "default",
                "unknown.example", "default",
                "other.example", "other",
                "OTHER.example", "other",
                "second.example", "other",
                "a.wild.example", "wild",
                "a.b.wild.example", "default",
                "wild.example", "default");
        secretOf.forEach((name, secret) -> assertEquals(certificates.serial(secret), shown(name), name));
    }

    @Test
    void shouldSayWhichCertificatesItShows() throws Exception {
        bed.startAgent();
        JsonNode listeners = status().get("listeners");
        assertEquals(80, listeners.at("/0/port").asInt());
        assertEquals(false, listeners.at("/0/tls").asBoolean());
        assertEquals(443, listeners.at("/1/port").asInt());
        assertEquals(true, listeners.at("/1/tls").asBoolean());
        assertEquals(3, listeners.at("/1/certificates").size(), listeners.toString());
        assertEquals("default", listeners.at("/1/certificates/0/secretName").asText());
        assertEquals(
                "CN=other.example", listeners.at("/1/certificates/1/subject").asText());
        assertTrue(
                listeners.at("/1/certificates/1/notAfter").asText().matches("20..-..-..T..:..:..Z"),
                listeners::toString);
    }

    @Test
    void shouldLoadAChangedCertificateWithoutDroppingADownload() throws Exception {
        AgentProcess agent = bed.startAgent();
        String before = certificates.serial("default");
        assertEquals(before, shown(""));
        try (TlsProgram download =
                TlsProgram.openssl(bed, certificates, "-ign_eof").paced(3_000_000)) {
            download.get("/object.bin");
            download.awaitReceived(1_000_000, LIMIT);
            certificates.issue("default", "rsa", "IP:" + TestBed.SERVER_ADDRESS, "DNS:renewed.example");
            awaitShown(certificates.serial("default"));
            assertNotEquals(before, certificates.serial("default"));
            assertEquals(Sha256.of(object), download.response(LIMIT).sha256());
        }
        assertEquals(
                "CN=" + TestBed.SERVER_ADDRESS,
                status().at("/listeners/1/certificates/0/subject").asText());
        assertTrue(agent.log().contains("event=certificates-loaded"), agent.log());
        assertEquals(Sha256.of(object), TlsClient.CURL.fetch(bed, certificates, "1.3", "/object.bin", null));
    }

    @Test
    void shouldLoadFilesThatAreWrittenOver() throws Exception {
        bed.startAgent();
        Path secret = certificates.secret("default");
        Path other = certificates.secret("other");
        Files.copy(
                other.resolve("tls.crt"), secret.resolve("tls.crt").toRealPath(), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(
                other.resolve("tls.key"), secret.resolve("tls.key").toRealPath(), StandardCopyOption.REPLACE_EXISTING);
        awaitShown(certificates.serial("other"));
    }

    @Test
    void shouldKeepTheOldCertificateWhenTheNewOneIsOfNoUse() throws Exception {
        AgentProcess agent = bed.startAgent();
        String before = shown("");
        certificates.replace("default", "no certificate\n", "no key\n");
        awaitLog(agent, "event=certificates-refused");
        assertTrue(agent.log().contains("default/tls."), agent.log());
        assertEquals(before, shown(""));
        assertEquals("True", degraded().get("status").asText());
        assertTrue(
                degraded().get("message").asText().contains("default/tls."),
                degraded().toString());

        String key = Files.readString(certificates.secret("other").resolve("tls.key"));
        String certificate = Files.readString(certificates.secret("wild").resolve("tls.crt"));
        certificates.replace("default", certificate, key);
        Thread.sleep(NOTICED.toMillis());
        assertEquals(before, shown(""), "a key that is another certificate's");

        certificates.issue("default", "ec", "IP:" + TestBed.SERVER_ADDRESS);
        awaitShown(certificates.serial("default"));
        assertEquals("False", degraded().get("status").asText());
    }

    private JsonNode degraded() throws IOException {
        for (JsonNode condition : status().get("conditions")) {
            if (condition.get("type").asText().equals("Degraded")) {
                return condition;
            }
        }
        throw new AssertionError("no condition Degraded");
    }

    @Test
    void shouldNotStartWithoutACertificate() throws Exception {
        Files.delete(certificates.secret("other").resolve("tls.key"));
        AssertionError e = assertThrows(AssertionError.class, () -> bed.startAgent());
        assertTrue(e.getMessage().contains("alive=false"), e.getMessage());
        assertTrue(e.getMessage().contains("other/tls.key"), e.getMessage());
    }

    @Test
    void shouldSayWhichEngineSealsAndWhy() throws Exception {
        AgentProcess agent = bed.startAgent();
        JsonNode engine = status().get("cryptEngine");
        System.out.println(engine);
        assertTrue(engine.get("gigabytesPerSecond").size() >= 1, engine.toString());
        assertTrue(
                engine.get("gigabytesPerSecond")
                                .get(engine.get("name").asText())
                                .asDouble()
                        > 0.1,
                engine.toString());
        assertTrue(agent.log().contains("event=crypt-engine"), agent.log());
    }

    @Test
    void shouldSealByOpensslWhenToldTo() throws Exception {
        bed.useCryptEngine("openssl");
        bed.startAgent();
        assertEquals("openssl", status().at("/cryptEngine/name").asText());
        assertEquals(Sha256.of(object), TlsClient.CURL.fetch(bed, certificates, "1.3", "/object.bin", null));
        assertEquals(Sha256.of(object), TlsClient.CURL.fetch(bed, certificates, "1.2", "/object.bin", null));
    }

    @Test
    void shouldSealByOpensslAndSayWhyWhereThereIsNoIpsecMb() throws Exception {
        bed.hideIpsecMb();
        AgentProcess agent = bed.startAgent();
        JsonNode engine = status().get("cryptEngine");
        System.out.println(engine);
        assertEquals("openssl", engine.get("name").asText());
        assertTrue(engine.get("reason").asText().contains("libipsec-mb1"), engine.toString());
        assertTrue(agent.log().contains("event=crypt-engine engine=openssl"), agent.log());
        for (TlsClient client : TlsClient.values()) {
            assertEquals(Sha256.of(object), client.fetch(bed, certificates, "1.3", "/object.bin", null));
            assertEquals(Sha256.of(object), client.fetch(bed, certificates, "1.2", "/object.bin", null));
        }
    }

    @Test
    void shouldNotStartWithAnEngineThatIsNotThere() throws Exception {
        bed.hideIpsecMb();
        bed.useCryptEngine("ipsec-mb");
        AssertionError e = assertThrows(AssertionError.class, () -> bed.startAgent());
        assertTrue(e.getMessage().contains("cryptEngine=ipsec-mb is not available"), e.getMessage());
    }
}
