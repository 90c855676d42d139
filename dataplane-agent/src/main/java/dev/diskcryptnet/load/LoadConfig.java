package dev.diskcryptnet.load;

import dev.diskcryptnet.wire.IpAddress;
import java.util.List;

/**
 * What a {@link PerfectClient} does.
 *
 * @param connections kept open, 1 to 32,000
 * @param paths asked for in turn, each starting with a slash
 * @param client our address, IPv4, on-link for the server
 * @param server the server's address, IPv4
 * @param serverPort TCP port of the server
 * @param verifyEvery every how many responses the body is handed to the {@link BodyCheck}; 0 for never
 */
public record LoadConfig(
        int connections, List<String> paths, IpAddress client, IpAddress server, int serverPort, int verifyEvery) {
    public LoadConfig {
        paths = List.copyOf(paths);
        if (connections < 1 || connections > 32_000) {
            throw new IllegalArgumentException("connections=" + connections + " is not within 1 and 32000");
        }
        if (paths.isEmpty() || !paths.stream().allMatch(path -> path.startsWith("/") && path.length() <= 1024)) {
            throw new IllegalArgumentException(
                    "paths=" + paths + " must name objects like /a.mp4, of at most 1024 characters");
        }
        if (!client.isIpv4() || !server.isIpv4()) {
            throw new IllegalArgumentException("client=" + client + " server=" + server + " are not both IPv4");
        }
        if (verifyEvery < 0) {
            throw new IllegalArgumentException("verifyEvery=" + verifyEvery + " is below 0");
        }
    }
}
