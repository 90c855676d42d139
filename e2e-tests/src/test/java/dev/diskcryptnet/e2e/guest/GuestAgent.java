package dev.diskcryptnet.e2e.guest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;

/** An agent that serves in a guest, with its state on the disk that outlives a reset. */
final class GuestAgent implements AutoCloseable {
    static final String STATE = "/var/lib/diskcryptnet/guest.node";

    private static final Duration READY_LIMIT = Duration.ofSeconds(240);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final String ADMIN = "http://127.0.0.1:9464";
    private static final String TOKEN = "secret-of-the-test";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Guest guest;

    private GuestAgent(Guest guest) {
        this.guest = guest;
    }

    /** Starts it on a StreamingNode, and waits until it says that it is ready. */
    static GuestAgent start(Guest guest, String node) throws InterruptedException {
        guest.write("/root/node.yaml", node);
        guest.write("/root/token", TOKEN + "\n");
        guest.check("cd /root; rm -f exit; (dcn-agent serve --config node.yaml --token-file token --state-directory "
                + STATE + " & echo $! >pid; wait $!; echo $? >exit) >agent.log 2>&1 </dev/null &");
        var agent = new GuestAgent(guest);
        String ready = guest.await("test -e /root/exit || curl -sf -m 5 " + ADMIN + "/readyz", READY_LIMIT);
        if (!ready.contains("ready")) {
            throw new AssertionError(
                    "the agent ended, exitCode=" + guest.run("cat /root/exit").stdout() + ": " + agent.log());
        }
        return agent;
    }

    String log() {
        return guest.run("cat /root/agent.log").stdout();
    }

    /** What {@code GET /v1/status} says. */
    JsonNode status() throws IOException {
        return JSON.readTree(guest.check("curl -sf " + ADMIN + "/v1/status"));
    }

    /** Sum of a metric's series. */
    double metric(String name) {
        return guest.check("curl -sf " + ADMIN + "/metrics")
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    /** Puts all files below a directory of the guest on the volume. */
    void putTree(String directory) {
        guest.check(
                "cd " + directory + " && find . -type f | while read -r file; do curl -sf -H 'Authorization: Bearer "
                        + TOKEN + "' -T $file " + ADMIN + "/v1/objects/${file#./} >&2 || exit; done",
                READY_LIMIT);
    }

    /** SIGTERM; returns the exit code. */
    int stop() {
        guest.check("kill $(cat /root/pid)");
        return awaitEnd();
    }

    /** SIGKILL. */
    void kill() {
        guest.check("kill -KILL $(cat /root/pid)");
        awaitEnd();
    }

    /** Waits until it has ended; returns the exit code. */
    int awaitEnd() {
        try {
            return Integer.parseInt(guest.await("cat /root/exit", STOP_LIMIT));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GuestException("interrupted while an agent stops", e);
        }
    }

    /** Kills it when it runs. */
    @Override
    public void close() {
        guest.run("test -e /root/exit || kill -KILL $(cat /root/pid)");
    }
}
