package dev.diskcryptnet.load;

import dev.diskcryptnet.wire.IpAddress;
import java.util.List;
import java.util.Set;

/**
 * What a {@link PerfectClient} does.
 *
 * @param connections kept open, 1 to 32,000; under TLS each has 17 KB for a record that is not complete
 * @param paths asked for in turn, each starting with a slash
 * @param client our address, IPv4, on-link for the server
 * @param server the server's address, IPv4
 * @param serverPort TCP port of the server
 * @param verifyEvery every how many responses the body is handed to the {@link BodyCheck}; 0 for never
 * @param requestsAtOnce requests that a connection sends before it waits for their responses, 1 to 64
 * @param statuses that responses may have, 100 to 599; others count as errors
 * @param tls what both ends agree on, or null for plain HTTP
 */
public record LoadConfig(
        int connections,
        List<String> paths,
        IpAddress client,
        IpAddress server,
        int serverPort,
        int verifyEvery,
        int requestsAtOnce,
        Set<Integer> statuses,
        PresetTls tls) {
    /** A request fits one record. */
    private static final int MAX_PATH = ClientRecords.MAX_PLAINTEXT_BYTES - 64;

    private static final Set<Integer> WHOLE_OR_PART = Set.of(200, 206);

    /** Plain HTTP, one request at a time, for objects that are there. */
    public LoadConfig(
            int connections, List<String> paths, IpAddress client, IpAddress server, int serverPort, int verifyEvery) {
        this(connections, paths, client, server, serverPort, verifyEvery, 1, WHOLE_OR_PART, null);
    }

    public LoadConfig {
        paths = List.copyOf(paths);
        statuses = Set.copyOf(statuses);
        if (connections < 1 || connections > 32_000) {
            throw new IllegalArgumentException("connections=" + connections + " is not within 1 and 32000");
        }
        if (paths.isEmpty() || !paths.stream().allMatch(path -> path.startsWith("/") && path.length() <= MAX_PATH)) {
            throw new IllegalArgumentException(
                    "paths=" + paths + " must name objects like /a.mp4, of at most " + MAX_PATH + " characters");
        }
        if (!client.isIpv4() || !server.isIpv4()) {
            throw new IllegalArgumentException("client=" + client + " server=" + server + " are not both IPv4");
        }
        if (verifyEvery < 0) {
            throw new IllegalArgumentException("verifyEvery=" + verifyEvery + " is below 0");
        }
        if (requestsAtOnce < 1 || requestsAtOnce > 64) {
            throw new IllegalArgumentException("requestsAtOnce=" + requestsAtOnce + " is not within 1 and 64");
        }
        if (statuses.isEmpty() || !statuses.stream().allMatch(status -> status >= 100 && status <= 599)) {
            throw new IllegalArgumentException("statuses=" + statuses + " must be of three digits, and not none");
        }
    }

    /** The same under TLS. */
    public LoadConfig withTls(PresetTls tls) {
        return new LoadConfig(
                connections, paths, client, server, serverPort, verifyEvery, requestsAtOnce, statuses, tls);
    }

    /** The same with another share of responses looked at. */
    public LoadConfig withVerifyEvery(int verifyEvery) {
        return new LoadConfig(
                connections, paths, client, server, serverPort, verifyEvery, requestsAtOnce, statuses, tls);
    }

    /** The same with several requests of a connection under way. */
    public LoadConfig withRequestsAtOnce(int requestsAtOnce) {
        return new LoadConfig(
                connections, paths, client, server, serverPort, verifyEvery, requestsAtOnce, statuses, tls);
    }

    /** The same, content with other statuses. */
    public LoadConfig withStatuses(Set<Integer> statuses) {
        return new LoadConfig(
                connections, paths, client, server, serverPort, verifyEvery, requestsAtOnce, statuses, tls);
    }
}
