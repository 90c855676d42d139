package dev.diskcryptnet.e2e.onemachine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import dev.diskcryptnet.e2e.onemachine.api.ApiServerChoice;
import dev.diskcryptnet.e2e.onemachine.api.Clients;
import dev.diskcryptnet.e2e.onemachine.runner.Machine;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Makes machines, control plane and sample, and says how long each step took. */
final class Startup {
    private static final Duration API_LIMIT = Duration.ofSeconds(75);
    private static final Duration READY_LIMIT = Duration.ofSeconds(60);
    private static final String CERTIFICATE_DAYS = "30";
    private static final int SHOWN_LINES = 20;

    private interface Step {
        void run() throws IOException, InterruptedException;
    }

    private final Site site;
    private final int machines;
    private final ApiServerChoice.Wish wish;
    private final Observer observer;
    private final Map<Part, Process> parts = new EnumMap<>(Part.class);
    private final List<String> took = new ArrayList<>();
    private ApiServerChoice api;

    /** @param observer that looks on; null for none */
    Startup(Site site, int machines, ApiServerChoice.Wish wish, Observer observer) {
        this.site = site;
        this.machines = machines;
        this.wish = wish;
        this.observer = observer;
    }

    /** @return the control plane's processes, when the sample streams */
    Map<Part, Process> run() throws IOException, InterruptedException {
        long startNs = System.nanoTime();
        Files.createDirectories(Site.STATE);
        Files.createDirectories(Site.DATA);
        api = ApiServerChoice.make(wish, System.getenv(), Path.of(System.getProperty("user.home")));
        GivenCluster given = api.given() == null ? null : GivenCluster.of(api.given());
        step("network", "namespaces " + Site.CONTROL + " and " + names(), () -> Network.create(machines));
        step("api", describe(api), () -> startControlPlane(given));
        try (KubernetesClient client = Clients.of(Site.KUBECONFIG)) {
            if (given != null) {
                step("cluster", "namespace " + given.namespace(), () -> {
                    parts.put(Part.NODE_RUNNER, startNodeRunner(given.prepare(client)));
                });
            }
            var sample = new Sample(site, client, api.profile());
            step("operator", "CRDs and operator", () -> new OperatorInstall(site, client, api.profile())
                    .run(Site.KUBECONFIG));
            step("sample", "StreamingNode " + Site.SAMPLE_NAME, () -> {
                makeVolumes();
                makeCertificate();
                sample.apply();
            });
            step("ready", "the operator starts, then the agent", () -> awaitReady(client, sample));
            step("ingest", "the sample video", sample::ingest);
            if (observer != null) {
                step("observe", "Prometheus on the agents and the operator", observer::start);
            }
        }
        System.out.printf("  %-10s in %.1f s (%s)%n", "up", seconds(startNs), String.join(", ", took));
        return parts;
    }

    private static double seconds(long sinceNs) {
        return (System.nanoTime() - sinceNs) / 1e9;
    }

    private void step(String name, String what, Step step) throws IOException, InterruptedException {
        System.out.printf("  %-10s %s%n", name, what);
        long startNs = System.nanoTime();
        step.run();
        took.add("%s %.1f".formatted(name, seconds(startNs)));
    }

    private String names() {
        return all().stream().map(Machine::netns).collect(Collectors.joining(", "));
    }

    private List<Machine> all() {
        List<Machine> all = new ArrayList<>();
        for (int i = 0; i < machines; i++) {
            all.add(Site.machine(i));
        }
        return all;
    }

    private static String describe(ApiServerChoice api) {
        if (api.given() != null) {
            return "the one " + api.why();
        }
        if (api.profile() == ApiProfile.SERVER) {
            return "kube-apiserver and etcd " + api.why();
        }
        String indent = "\n" + " ".repeat(13) + "- ";
        return "fabric8's server in memory (" + api.why() + "). It lacks:" + indent
                + String.join(indent, api.profile().lacks());
    }

    private void startControlPlane(GivenCluster given) throws IOException, InterruptedException {
        Files.createDirectories(Site.API.resolve("tmp"));
        List<String> arguments = new ArrayList<>(List.of("--kubeconfig=" + Site.KUBECONFIG));
        if (given != null) {
            arguments.addAll(given.lead());
        } else {
            arguments.addAll(
                    List.of("--address=" + Site.CONTROL_ADDRESS, "--port=" + Site.API_PORT, "--directory=" + Site.API));
        }
        if (api.programs() != null) {
            arguments.add("--programs=" + api.programs());
        }
        parts.put(
                Part.API_SERVER,
                Part.API_SERVER.start(List.of("-Djava.io.tmpdir=" + Site.API.resolve("tmp")), arguments));
        if (given == null) {
            // Beside the API server, so that its classes are loaded meanwhile.
            parts.put(Part.NODE_RUNNER, startNodeRunner(List.of("--authority=" + Site.AUTHORITY)));
        }
        long deadlineNs = System.nanoTime() + API_LIMIT.toNanos();
        while (!Files.exists(Site.KUBECONFIG)) {
            requireParts();
            if (System.nanoTime() - deadlineNs > 0) {
                throw new OneMachineException("the API server was not ready within " + API_LIMIT.toSeconds() + " s:\n"
                        + Part.API_SERVER.logged());
            }
            Thread.sleep(20);
        }
    }

    private Process startNodeRunner(List<String> more) throws IOException {
        List<String> arguments = nodeRunnerArguments();
        arguments.addAll(more);
        if (observer != null) {
            observer.prepare();
            arguments.add("--targets=" + Site.TARGETS);
        }
        return Part.NODE_RUNNER.start(List.of(), arguments);
    }

    private List<String> nodeRunnerArguments() {
        String java = Path.of(System.getProperty("java.home"), "bin").toString();
        List<String> arguments = new ArrayList<>(List.of(
                "--kubeconfig=" + Site.KUBECONFIG,
                "--directory=" + Site.STATE,
                "--pod-netns=" + Site.CONTROL,
                "--pod-address=" + Site.CONTROL_ADDRESS,
                "--image=agent=" + site.agentPrograms() + "|" + site.agent(),
                "--image=operator=" + java + "|java|-XX:+UseSerialGC|-XX:TieredStopAtLevel=1|-jar|" + site.operator()));
        all().forEach(machine -> arguments.add("--machine=" + machine.toArgument()));
        return arguments;
    }

    /** A part that ended takes all with it: say which, and what it wrote last. */
    private void requireParts() {
        parts.forEach((part, process) -> {
            if (!process.isAlive()) {
                throw new OneMachineException(
                        part.title() + " ended with exitCode=" + process.exitValue() + ":\n" + part.logged());
            }
        });
    }

    /** Empty ones on every machine, so that the sample, and a pool made of it, finds its disk. */
    private void makeVolumes() throws IOException {
        for (Machine machine : all()) {
            Files.createDirectories(machine.state());
            try (var image =
                    new RandomAccessFile(machine.state().resolve(Site.IMAGE).toFile(), "rw")) {
                image.setLength(Site.IMAGE_BYTES);
            }
        }
    }

    /** Of an authority that nobody trusts: a browser has to be told to go on, and curl where the certificate is. */
    private static void makeCertificate() throws IOException {
        Files.createDirectories(Site.CERTIFICATE.getParent());
        Run.checked(
                "openssl",
                "req",
                "-x509",
                "-nodes",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-days",
                CERTIFICATE_DAYS,
                "-subj",
                "/CN=" + Site.STREAM_ADDRESS,
                "-addext",
                "subjectAltName=IP:" + Site.STREAM_ADDRESS + ",IP:" + Site.STREAM_IPV6_ADDRESS,
                "-keyout",
                Site.KEY.toString(),
                "-out",
                Site.CERTIFICATE.toString());
    }

    private void awaitReady(KubernetesClient client, Sample sample) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + READY_LIMIT.toNanos();
        while (true) {
            JsonNode resource = sample.read();
            if (Sample.isReady(resource)) {
                return;
            }
            requireParts();
            if (System.nanoTime() - deadlineNs > 0) {
                throw new OneMachineException("StreamingNode " + Site.SAMPLE_NAME + " was not Ready within "
                        + READY_LIMIT.toSeconds() + " s: " + Sample.condition(resource, "Ready") + "\n" + lastLines());
            }
            Thread.sleep(100);
        }
    }

    /** Of every log, the end. */
    private static String lastLines() throws IOException {
        StringBuilder text = new StringBuilder();
        try (var logs = Files.list(Site.LOGS)) {
            for (Path log : logs.sorted().toList()) {
                List<String> lines = Files.readAllLines(log);
                text.append("== ").append(log).append('\n');
                lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size())
                        .forEach(line -> text.append(line).append('\n'));
            }
        }
        return text.toString().strip();
    }
}
