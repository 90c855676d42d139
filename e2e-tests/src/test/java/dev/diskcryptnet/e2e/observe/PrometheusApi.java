package dev.diskcryptnet.e2e.observe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/** A Prometheus, as Grafana asks it. */
public final class PrometheusApi {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;

    /** @param url without a path */
    public PrometheusApi(String url) {
        this.url = url;
    }

    /**
     * The data of an answer.
     *
     * @param path below {@code /api/v1/}
     */
    public JsonNode get(String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + "/api/v1/" + path)).build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new AssertionError(path + " is answered with status=" + answer.statusCode() + ": " + answer.body());
        }
        return JSON.readTree(answer.body()).path("data");
    }

    /** Whether an expression has a value now, one that is a number. */
    public boolean hasData(String expression) throws IOException, InterruptedException {
        String query = "query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8);
        for (JsonNode series : get(query).path("result")) {
            if (!series.at("/value/1").asText().equals("NaN")) {
                return true;
            }
        }
        return false;
    }
}
