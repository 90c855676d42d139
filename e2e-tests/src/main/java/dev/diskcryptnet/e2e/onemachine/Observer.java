package dev.diskcryptnet.e2e.onemachine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.observe.ChartRules;
import dev.diskcryptnet.e2e.observe.PrometheusPackage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Debian's Prometheus in the control plane's namespace, for {@code dcn up --observe}: it reads the agents and the operator,
 * which the node runner finds for it, and has the chart's rules. {@code down} finds it as every process of that namespace.
 */
final class Observer {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final String CONFIGURATION = """
            global: {scrape_interval: 5s, evaluation_interval: 5s}
            rule_files: [rules.yaml]
            scrape_configs:
            - job_name: diskcryptnet
              file_sd_configs: [{files: [targets.json]}]
            """;

    private final Site site;
    private final Path program;

    /** Gets the program, from the network if it is not here, before anything is made that would have to wait for it. */
    Observer(Site site) {
        this.site = site;
        this.program = PrometheusPackage.prometheus();
    }

    /** Makes the place where the node runner is to write down the targets. */
    void prepare() throws IOException {
        Files.createDirectories(Site.PROMETHEUS);
        JsonNode rules = ChartRules.of(site.chart(), Site.operatorNamespace());
        Files.writeString(Site.PROMETHEUS.resolve("rules.yaml"), ChartRules.toYaml(rules));
        Files.writeString(configuration(), CONFIGURATION);
    }

    /** Returns when it answers. */
    Process start() throws IOException, InterruptedException {
        Path log = Site.LOGS.resolve("prometheus.log");
        Process process = new ProcessBuilder(List.of(
                        "setsid",
                        "ip",
                        "netns",
                        "exec",
                        Site.CONTROL,
                        program.toString(),
                        "--config.file=" + configuration(),
                        "--storage.tsdb.path=" + Site.PROMETHEUS.resolve("series"),
                        "--storage.tsdb.retention.size=512MB",
                        "--web.listen-address=" + Site.CONTROL_ADDRESS + ":" + Site.PROMETHEUS_PORT,
                        // Unpacked and not installed, it has its pages beside it.
                        "--web.local-assets=" + program.resolveSibling("../share/prometheus/web/")))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        long deadlineNs = System.nanoTime() + START_LIMIT.toNanos();
        while (!answers()) {
            if (!process.isAlive() || System.nanoTime() - deadlineNs > 0) {
                throw new OneMachineException("Prometheus does not answer at " + Site.prometheusUrl() + ":\n"
                        + Files.readString(log).strip());
            }
            Thread.sleep(50);
        }
        return process;
    }

    private static Path configuration() {
        return Site.PROMETHEUS.resolve("prometheus.yaml");
    }

    private static boolean answers() throws InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(Site.prometheusUrl() + "/-/ready"))
                    .timeout(Duration.ofSeconds(2))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether one runs, whoever started it. */
    static boolean isRunning() {
        return Network.processes(Site.CONTROL).stream().anyMatch(Observer::isIt);
    }

    private static boolean isIt(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"))
                    .contains("\0--config.file=" + configuration() + "\0");
        } catch (IOException e) {
            // It has ended meanwhile.
            return false;
        }
    }
}
