package dev.diskcryptnet.e2e.onemachine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Where things are and whether they work, as a person or a script asks for it. */
final class StatusReport {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

    private StatusReport() {}

    /** Whether the agent says that it serves. */
    static boolean ready() {
        try (HttpClient client =
                HttpClient.newBuilder().connectTimeout(ANSWER_LIMIT).build()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(Site.adminUrl() + "/readyz"))
                    .timeout(ANSWER_LIMIT)
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    static ObjectNode json() {
        boolean running = !Network.processes().isEmpty();
        ObjectNode report = JsonNodeFactory.instance.objectNode();
        report.put("running", running);
        report.put("ready", running && ready());
        report.put("pageUrl", Site.pageUrl());
        report.put("securePageUrl", Site.securePageUrl());
        Site.streamUrls().forEach(report.putArray("streamUrls")::add);
        report.put("adminUrl", Site.adminUrl());
        report.put("metricsUrl", Site.adminUrl() + "/metrics");
        report.put("statusUrl", Site.adminUrl() + "/v1/status");
        report.put("tokenFile", Site.TOKEN.toString());
        report.put("certificateFile", Site.CERTIFICATE.toString());
        report.put("logFile", Site.LOG.toString());
        report.put("namespace", Site.NAMESPACE);
        return report;
    }

    static String text() {
        ObjectNode report = json();
        if (!report.get("running").asBoolean()) {
            return "not running; ./dcn up starts it";
        }
        return """
                %s
                  player   %s and %s
                  MP4      %s
                  HLS      %s
                  trust    curl --cacert %s %s
                  metrics  %s
                  status   %s
                  log      %s""".formatted(
                        report.get("ready").asBoolean() ? "ready" : "running, not ready",
                        Site.pageUrl(),
                        Site.securePageUrl(),
                        Site.streamUrls().get(0),
                        Site.streamUrls().get(1),
                        Site.CERTIFICATE,
                        Site.streamUrls().get(2),
                        report.get("metricsUrl").asText(),
                        report.get("statusUrl").asText(),
                        Site.LOG);
    }
}
