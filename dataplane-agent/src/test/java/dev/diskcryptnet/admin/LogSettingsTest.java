package dev.diskcryptnet.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogSettingsTest {
    private static final String ACCESS = "/v1/access-log";
    private static final String TARGET = "/v1/log-level";
    private AdminFixture admin;

    @BeforeEach
    void start() throws Exception {
        admin = new AdminFixture();
    }

    @AfterEach
    void stop() {
        admin.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"debug", "debug\n", "{\"level\": \"debug\"}"})
    void shouldChangeWhatIsLogged(String content) throws Exception {
        HttpResponse<String> response = admin.put(TARGET, content);
        assertEquals(200, response.statusCode(), response.body());
        assertEquals("debug", AdminFixture.json(response).get("level").asText());
        assertEquals("debug", admin.level.get());
        assertEquals("debug", AdminFixture.json(admin.get(TARGET)).get("level").asText());
    }

    @ParameterizedTest
    @ValueSource(strings = {"loud", "{\"level\": 3}", "{\"level\"", "[]"})
    void shouldSayWhichLevelsThereAre(String content) throws Exception {
        HttpResponse<String> response = admin.put(TARGET, content);
        assertEquals(400, response.statusCode());
        assertTrue(response.body().contains("error, warn, info, debug or trace"), response.body());
        assertEquals("info", admin.level.get());
    }

    @Test
    void shouldAskForTheToken() throws Exception {
        HttpResponse<String> bare = admin.send("PUT", TARGET, BodyPublishers.ofString("debug"));
        assertEquals(401, bare.statusCode());
        HttpResponse<String> wrong =
                admin.send("PUT", TARGET, BodyPublishers.ofString("debug"), "Authorization", "Bearer other");
        assertEquals(403, wrong.statusCode());
        assertEquals("info", admin.level.get());
    }

    @Test
    void shouldTakeNoLevelWithoutATokenOfItsOwn() throws Exception {
        try (var open = new AdminFixture(null, 8, 1, Duration.ofSeconds(5))) {
            assertEquals(403, open.put(TARGET, "debug").statusCode());
            assertEquals("info", open.level.get());
        }
    }

    @Test
    void shouldRefuseMoreThanALevel() throws Exception {
        assertEquals(413, admin.put(TARGET, "x".repeat(5000)).statusCode());
        assertEquals("info", admin.level.get());
    }

    @ParameterizedTest
    @ValueSource(strings = {"100", "{\"every\": 100}", "{\"every\": \"100\"}"})
    void shouldChangeHowManyResponsesAreLogged(String content) throws Exception {
        assertEquals(0, AdminFixture.json(admin.get(ACCESS)).get("every").asInt());
        HttpResponse<String> response = admin.put(ACCESS, content);
        assertEquals(200, response.statusCode(), response.body());
        assertEquals(100, admin.every.get());
        assertEquals(100, AdminFixture.json(admin.get(ACCESS)).get("every").asInt());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "all", "1000001", "99999999999", "{}", "{\"every\": 0.5}"})
    void shouldSayWhichNumbersItTakes(String content) throws Exception {
        HttpResponse<String> response = admin.put(ACCESS, content);
        assertEquals(400, response.statusCode());
        assertTrue(response.body().contains("0 to 1000000"), response.body());
        assertEquals(0, admin.every.get());
    }

    @Test
    void shouldAskForTheTokenForTheAccessLogToo() throws Exception {
        assertEquals(
                401, admin.send("PUT", ACCESS, BodyPublishers.ofString("1")).statusCode());
        assertEquals(0, admin.every.get());
    }
}
