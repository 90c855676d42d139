package dev.diskcryptnet.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageFilesTest {
    private AdminFixture admin;

    @BeforeEach
    void start() throws Exception {
        admin = new AdminFixture();
    }

    @AfterEach
    void stop() {
        admin.close();
    }

    private static String field(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    @ParameterizedTest
    @CsvSource({
        "/, text/html; charset=utf-8",
        "/page.css, text/css; charset=utf-8",
        "/page.js, text/javascript; charset=utf-8",
        "/chart.js, text/javascript; charset=utf-8",
        "/format.js, text/javascript; charset=utf-8",
        "/icon.svg, image/svg+xml"
    })
    void shouldSendEachFileToEverybodyAndNothingElseMayRunInIt(String path, String type) throws Exception {
        HttpResponse<String> response = admin.get(path);
        assertEquals(200, response.statusCode());
        assertEquals(type, field(response, "Content-Type"));
        assertEquals("nosniff", field(response, "X-Content-Type-Options"));
        assertEquals("no-cache", field(response, "Cache-Control"));
        assertEquals("no-referrer", field(response, "Referrer-Policy"));
        String policy = field(response, "Content-Security-Policy");
        assertTrue(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self';"), policy);
        assertFalse(policy.contains("unsafe"), policy);
        assertFalse(response.body().isEmpty());
    }

    @Test
    void shouldSendAFileOnceToThoseWhoKeepIt() throws Exception {
        HttpResponse<String> first = admin.get("/page.js");
        HttpResponse<String> again = admin.get("/page.js", "If-None-Match", "\"other\", " + field(first, "ETag"));
        assertEquals(304, again.statusCode());
        assertEquals("", again.body());
        assertEquals(field(first, "ETag"), field(again, "ETag"));
        assertEquals(200, admin.get("/page.js", "If-None-Match", "\"other\"").statusCode());
        assertEquals(200, admin.get("/page.js").statusCode(), "the connection goes on after an answer without content");
    }

    @Test
    void shouldLinkToNothingButItsOwnFilesAndTheEndpoints() throws Exception {
        Set<String> linked = new TreeSet<>();
        for (String path : PageFiles.paths()) {
            String body = admin.get(path).body();
            assertFalse(body.contains("http://") && !body.contains("http://www.w3.org/2000/svg"), path);
            assertFalse(body.contains("https://"), path);
            Matcher links = Pattern.compile("(?:href|src)=\"([^\"#]+)\"|from '\\./([^']+)'")
                    .matcher(body);
            while (links.find()) {
                linked.add(links.group(1) == null ? links.group(2) : links.group(1));
            }
        }
        assertTrue(linked.contains("page.js"), linked.toString());
        for (String link : linked) {
            assertEquals(200, admin.get("/" + link).statusCode(), link);
        }
    }

    @Test
    void shouldHaveNoInlineScriptOrStyle() throws Exception {
        String page = admin.get("/").body();
        assertFalse(
                Pattern.compile("<script(?![^>]* src=)|<style|style=|\\son\\w+=")
                        .matcher(page)
                        .find(),
                page);
    }

    @Test
    void shouldTakeNoChanges() throws Exception {
        for (String method : new String[] {"PUT", "POST", "DELETE"}) {
            HttpResponse<String> response = admin.send(method, "/", BodyPublishers.noBody());
            assertEquals(405, response.statusCode(), method);
            assertEquals("GET, HEAD", field(response, "Allow"));
        }
        assertEquals(200, admin.send("HEAD", "/", BodyPublishers.noBody()).statusCode());
    }
}
