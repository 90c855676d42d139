package dev.diskcryptnet.e2e.kernel;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLParameters;

/**
 * A program that gets one object with the JDK's client into a file.
 *
 * <p>Arguments: URL, file, file of the trusted authority, version as {@code TLSv1.3}, range as {@code 0-99} or {@code -}
 * for the whole.
 */
public final class HttpsClient {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private HttpsClient() {}

    /** Ends with 1 unless the status is 200, or 206 for a range. */
    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(arguments[0])).timeout(LIMIT);
        boolean isRange = !arguments[4].equals("-");
        if (isRange) {
            request.header("Range", "bytes=" + arguments[4]);
        }
        try (HttpClient http = client(Path.of(arguments[2]), arguments[3])) {
            HttpResponse<Path> response =
                    http.send(request.build(), HttpResponse.BodyHandlers.ofFile(Path.of(arguments[1])));
            String protocol = response.sslSession().orElseThrow().getProtocol();
            System.out.println("status=" + response.statusCode() + " protocol=" + protocol);
            if (response.statusCode() != (isRange ? 206 : 200) || !protocol.equals(arguments[3])) {
                System.exit(1);
            }
        }
    }

    /** @param version the only one that it speaks */
    static HttpClient client(Path authority, String version) throws Exception {
        var parameters = new SSLParameters();
        parameters.setProtocols(new String[] {version});
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(LIMIT)
                .sslContext(TrustedTls.context(authority))
                .sslParameters(parameters)
                .build();
    }
}
