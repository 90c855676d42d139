package dev.diskcryptnet.e2e.onemachine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** Makes the network and the volume, and starts the agent. */
final class Startup {
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);
    private static final String CERTIFICATE_DAYS = "30";

    private final Site site;

    Startup(Site site) {
        this.site = site;
    }

    /** @return the agent's process, serving */
    Process run() throws IOException, InterruptedException {
        Files.createDirectories(Site.STATE);
        Files.createDirectories(Site.DATA);
        say("network    namespace " + Site.NAMESPACE + ", " + Site.VIEWER_INTERFACE + " and "
                + Site.MANAGEMENT_INTERFACE);
        Network.create();
        say("volume     " + Site.IMAGE + ", " + Site.IMAGE_SIZE);
        agent("volume", "format", "--disk", Site.IMAGE.toString(), "--create", Site.IMAGE_SIZE);
        say("ingest     the sample video");
        agent("volume", "put", "--disk", Site.IMAGE.toString(), site.content().toString(), "/");
        say("tls        a certificate for " + Site.securePageUrl() + ", signed by itself");
        makeCertificate();
        say("agent      starting");
        writeToken();
        Process agent = start();
        awaitReady(agent);
        return agent;
    }

    /** In the namespace, though it needs no network: what is in there is what {@link Teardown} ends. */
    private void agent(String... arguments) throws IOException, InterruptedException {
        var command = new java.util.ArrayList<>(
                List.of("ip", "netns", "exec", Site.NAMESPACE, site.agent().toString()));
        command.addAll(List.of(arguments));
        int exitCode = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (exitCode != 0) {
            throw new OneMachineException("command=" + String.join(" ", command) + " ended with exitCode=" + exitCode);
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
                "subjectAltName=IP:" + Site.STREAM_ADDRESS,
                "-keyout",
                Site.KEY.toString(),
                "-out",
                Site.CERTIFICATE.toString());
    }

    private static void writeToken() throws IOException {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        Set<java.nio.file.attribute.PosixFilePermission> ownerOnly = PosixFilePermissions.fromString("rw-------");
        Files.createFile(Site.TOKEN, PosixFilePermissions.asFileAttribute(ownerOnly));
        Files.writeString(Site.TOKEN, HexFormat.of().formatHex(random) + "\n");
    }

    /** {@code ip netns exec} becomes the agent, so that the process is the agent itself. */
    private Process start() throws IOException {
        return new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        Site.NAMESPACE,
                        site.agent().toString(),
                        "serve",
                        "--config",
                        site.config().toString(),
                        "--admin",
                        Site.ADMIN_ADDRESS + ":" + Site.ADMIN_PORT,
                        "--token-file",
                        Site.TOKEN.toString(),
                        "--tls-directory",
                        Site.TLS.toString())
                .redirectErrorStream(true)
                .redirectOutput(Site.LOG.toFile())
                .start();
    }

    private static void awaitReady(Process agent) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + READY_LIMIT.toNanos();
        while (!StatusReport.ready()) {
            if (!agent.isAlive()) {
                throw new OneMachineException("the agent ended with exitCode=" + agent.exitValue() + ":\n"
                        + Files.readString(Site.LOG).strip());
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new OneMachineException("the agent was not ready within " + READY_LIMIT.toSeconds() + " s:\n"
                        + Files.readString(Site.LOG).strip());
            }
            Thread.sleep(100);
        }
    }

    private static void say(String line) {
        System.out.println("  " + line);
    }
}
