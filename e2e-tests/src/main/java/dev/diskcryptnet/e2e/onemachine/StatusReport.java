package dev.diskcryptnet.e2e.onemachine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import dev.diskcryptnet.e2e.onemachine.api.Clients;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Where things are and whether they work, as a person or a script asks for it. */
final class StatusReport {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

    private StatusReport() {}

    /** Parts of the control plane that do not run. */
    static List<Part> missing() {
        List<Part> missing = new ArrayList<>();
        for (Part part : Part.values()) {
            if (part.find().isEmpty()) {
                missing.add(part);
            }
        }
        return missing;
    }

    /** Whether the agent says that it serves. */
    private static boolean answersReady() {
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
        List<Part> missing = missing();
        boolean running = missing.isEmpty();
        ObjectNode report = JsonNodeFactory.instance.objectNode();
        report.put("running", running);
        report.put("ready", running && answersReady());
        missing.forEach(part -> report.withArray("missing").add(part.title()));
        report.put("pageUrl", Site.pageUrl());
        report.put("securePageUrl", Site.securePageUrl());
        report.put("ipv6PageUrl", Site.ipv6PageUrl());
        report.put("ipv6SecurePageUrl", Site.ipv6SecurePageUrl());
        Site.streamUrls().forEach(report.putArray("streamUrls")::add);
        report.put("adminUrl", Site.adminUrl());
        report.put("agentPageUrl", Site.adminUrl() + "/");
        report.put("metricsUrl", Site.adminUrl() + "/metrics");
        report.put("statusUrl", Site.adminUrl() + "/v1/status");
        report.put("tokenFile", Site.TOKEN.toString());
        report.put("certificateFile", Site.CERTIFICATE.toString());
        report.put("logFile", Site.agentLog().toString());
        report.put("logDirectory", Site.LOGS.toString());
        report.put("namespace", Site.NAMESPACE);
        if (Observer.isRunning()) {
            report.put("prometheusUrl", Site.prometheusUrl());
        }
        if (running) {
            addApi(report);
        }
        return report;
    }

    private static void addApi(ObjectNode report) {
        report.put("kubeconfig", Site.KUBECONFIG.toString());
        if (!Files.exists(Site.KUBECONFIG)) {
            return;
        }
        try (KubernetesClient client = Clients.of(Site.KUBECONFIG)) {
            ApiProfile profile = ApiProfile.of(client);
            ObjectNode api = report.putObject("api");
            api.put("profile", profile.id());
            api.put("url", client.getMasterUrl().toString());
            profile.lacks().forEach(api.putArray("lacks")::add);
            JsonNode sample = Sample.read(client);
            if (sample != null) {
                report.set("streamingNode", sample.path("status"));
            }
        } catch (KubernetesClientException e) {
            report.put("apiError", e.getMessage());
        }
    }

    static String text() {
        ObjectNode report = json();
        if (!report.get("running").asBoolean()) {
            boolean remains = Teardown.exists();
            return !remains
                    ? "not running; ./dcn up starts it"
                    : "not running: " + missing().getFirst().title() + " is gone; ./dcn down clears the rest away";
        }
        return """
                %s
                  player   %s and %s
                  IPv6     %s and %s
                  MP4      %s
                  HLS      %s
                  trust    curl --cacert %s %s
                  agent    %s, a page of what it does at this moment
                  metrics  %s
                  status   %s
                  log      %s, the others beside it
                  api      %s (%s): ./dcn get diskcryptnet; %s""".formatted(
                                report.get("ready").asBoolean() ? "ready" : "running, not ready",
                                Site.pageUrl(),
                                Site.securePageUrl(),
                                Site.ipv6PageUrl(),
                                Site.ipv6SecurePageUrl(),
                                Site.streamUrls().get(0),
                                Site.streamUrls().get(1),
                                Site.CERTIFICATE,
                                Site.streamUrls().get(2),
                                report.get("agentPageUrl").asText(),
                                report.get("metricsUrl").asText(),
                                report.get("statusUrl").asText(),
                                Site.agentLog(),
                                report.at("/api/url").asText(),
                                report.at("/api/profile").asText(),
                                report.at("/api/profile").asText().equals(ApiProfile.SERVER.id())
                                        ? "KUBECONFIG=" + Site.KUBECONFIG + " kubectl get sn"
                                        : "kubectl does not work with it")
                + (report.has("prometheusUrl")
                        ? "\n  observe  " + report.get("prometheusUrl").asText() + "; its alerts at /classic/alerts"
                        : "");
    }
}
