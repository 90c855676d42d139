package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A program that asks for random ranges of objects, many at a time, and compares their SHA-256 with that of the files
 * they were made from. It runs on the client's host, so it is a process of its own.
 *
 * <p>Arguments: base URL, directory of the files, ranges, requests at a time, longest range in bytes, seed; for a base URL
 * of https also the file of the trusted authority, and the version as {@code TLSv1.3}.
 */
public final class RangeClient {
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final HttpClient http;
    private final String base;
    private final Path directory;
    private final List<Path> files;
    private final int longestBytes;

    private RangeClient(HttpClient http, String base, Path directory, List<Path> files, int longestBytes) {
        this.http = http;
        this.base = base;
        this.directory = directory;
        this.files = files;
        this.longestBytes = longestBytes;
    }

    /** Prints what differs and exits with 1 when anything does. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[1]);
        int ranges = Integer.parseInt(arguments[2]);
        int atATime = Integer.parseInt(arguments[3]);
        long seed = Long.parseLong(arguments[5]);
        List<Path> files;
        try (Stream<Path> found = Files.list(directory)) {
            files = found.sorted().toList();
        }
        HttpClient http = arguments.length > 6
                ? HttpsClient.client(Path.of(arguments[6]), arguments[7])
                : HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(LIMIT)
                        .build();
        var client = new RangeClient(http, arguments[0], directory, files, Integer.parseInt(arguments[4]));
        int bad = 0;
        try (ExecutorService pool = Executors.newFixedThreadPool(atATime)) {
            var random = new Random(seed);
            List<Callable<String>> tasks = IntStream.range(0, ranges)
                    .mapToObj(i -> client.task(i, random.nextLong()))
                    .toList();
            for (Future<String> result : pool.invokeAll(tasks)) {
                if (result.get() != null) {
                    bad++;
                    System.out.println(result.get());
                }
            }
        }
        System.out.println("seed=" + seed + " ranges=" + ranges + " bad=" + bad);
        System.exit(bad == 0 ? 0 : 1);
    }

    /** Null when all is well, else what is not. */
    private Callable<String> task(int number, long seed) {
        return () -> {
            var random = new Random(seed);
            // Every file in turn, so that all are covered; then a place in it.
            Path file = files.get(number % files.size());
            long size = Files.size(file);
            int length = 1 + random.nextInt((int) Math.min(size, longestBytes));
            long from = random.nextLong(size - length + 1);
            String what = file.getFileName() + " bytes=" + from + "-" + (from + length - 1);
            try {
                return check(file, from, length, what);
            } catch (IOException e) {
                return what + ": " + e;
            }
        };
    }

    private String check(Path file, long from, int length, String what) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/" + directory.relativize(file)))
                .header("Range", "bytes=" + from + "-" + (from + length - 1))
                .timeout(LIMIT)
                .build();
        HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        String received = Sha256.of(response.body());
        if (response.statusCode() != 206) {
            return what + ": status=" + response.statusCode();
        }
        return received.equals(Sha256.of(file, from, length)) ? null : what + ": SHA-256 differs";
    }
}
