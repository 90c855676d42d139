package dev.diskcryptnet.e2e.onemachine.api;

import io.fabric8.kubeapitest.KubeAPIServerConfig;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.binary.BinaryManager;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Which API server one machine runs, or uses.
 *
 * @param programs directory of kube-apiserver and etcd; null when none is to be started
 * @param given kubeconfig of a server that is there already; null for one of our own
 * @param why it is this one, for a person
 */
public record ApiServerChoice(Path programs, Path given, String why) {
    private static final String HOST = "github.com";
    private static final int HTTPS = 443;
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(1);
    private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(3);

    /** Who may be chosen. */
    public enum Wish {
        /** A real one when it can be had. */
        auto,
        /** A real one or none. */
        server,
        /** The one in memory. */
        memory,
        /** The one that {@code KUBECONFIG} names; never by itself, for it may be anybody's. */
        kubeconfig
    }

    /** What may be had from outside; a test has its own. */
    interface Download {
        /** @return where the programs are; null with a line on why not in {@code reasons} */
        Path into(Path cache, List<String> reasons);
    }

    /** What differs between the servers. */
    public ApiProfile profile() {
        return programs == null && given == null ? ApiProfile.IN_MEMORY : ApiProfile.SERVER;
    }

    /**
     * Looks at {@code KUBEBUILDER_ASSETS}, then at kube-api-test's own cache, then whether programs can be downloaded;
     * at {@code KUBECONFIG} only when that is asked for.
     *
     * @throws IOException when {@code KUBEBUILDER_ASSETS} is set to what has no such programs, or none can be had
     * though the wish is for a real server
     */
    public static ApiServerChoice make(Wish wish, Map<String, String> environment, Path home) throws IOException {
        return make(wish, environment, home, ApiServerChoice::download);
    }

    static ApiServerChoice make(Wish wish, Map<String, String> environment, Path home, Download download)
            throws IOException {
        if (wish == Wish.memory) {
            return new ApiServerChoice(null, null, "as asked for");
        }
        if (wish == Wish.kubeconfig) {
            return given(environment.get("KUBECONFIG"));
        }
        String assets = environment.get("KUBEBUILDER_ASSETS");
        if (assets != null && !assets.isEmpty()) {
            Path directory = Path.of(assets);
            if (!hasPrograms(directory)) {
                throw new IOException("KUBEBUILDER_ASSETS=" + assets
                        + " has no kube-apiserver and etcd; name a directory that has, or unset it");
            }
            return new ApiServerChoice(directory, null, "of KUBEBUILDER_ASSETS");
        }
        String named = environment.get("KUBE_API_TEST_DIR");
        Path cache = named == null || named.isEmpty() ? home.resolve(".kubeapitest") : Path.of(named);
        Path cached = newest(cache);
        if (cached != null) {
            return new ApiServerChoice(cached, null, "of " + cached);
        }
        List<String> reasons = new ArrayList<>();
        reasons.add("KUBEBUILDER_ASSETS is not set");
        reasons.add("none in " + cache);
        Path downloaded = download.into(cache, reasons);
        if (downloaded != null) {
            return new ApiServerChoice(downloaded, null, "downloaded to " + downloaded);
        }
        String why = "no kube-apiserver: " + String.join("; ", reasons);
        if (wish == Wish.server) {
            throw new IOException(why);
        }
        return new ApiServerChoice(null, null, why);
    }

    private static ApiServerChoice given(String kubeconfig) throws IOException {
        if (kubeconfig == null || kubeconfig.isEmpty()) {
            throw new IOException("KUBECONFIG is not set; let it name the kubeconfig file of an API server");
        }
        return new ApiServerChoice(null, Path.of(kubeconfig).toAbsolutePath(), "of KUBECONFIG=" + kubeconfig);
    }

    private static boolean hasPrograms(Path directory) {
        return Files.isExecutable(directory.resolve("kube-apiserver")) && Files.isExecutable(directory.resolve("etcd"));
    }

    private static Path newest(Path cache) throws IOException {
        Path versions = cache.resolve("k8s");
        if (!Files.isDirectory(versions)) {
            return null;
        }
        try (Stream<Path> directories = Files.list(versions)) {
            return directories
                    .filter(ApiServerChoice::hasPrograms)
                    .max(Comparator.comparing(directory -> version(directory)))
                    .orElse(null);
        }
    }

    /** So that 1.10 comes after 1.9. */
    private static String version(Path directory) {
        StringBuilder padded = new StringBuilder();
        for (String number : directory.getFileName().toString().split("-", 2)[0].split("\\.")) {
            padded.append("%8s".formatted(number));
        }
        return padded.toString();
    }

    private static Path download(Path cache, List<String> reasons) {
        if (!within(CONNECT_LIMIT.multipliedBy(2), reasons, ApiServerChoice::reach)) {
            return null;
        }
        System.out.println("  download   kube-apiserver and etcd to " + cache);
        Path unfinished = cache.resolve("unfinished-" + ProcessHandle.current().pid());
        boolean whole = within(DOWNLOAD_LIMIT, reasons, () -> {
            KubeAPIServerConfig config = KubeAPIServerConfigBuilder.anAPIServerConfig()
                    .withTestDir(unfinished.toString())
                    .build();
            new BinaryManager(config).initAndDownloadIfRequired();
            return null;
        });
        try {
            return whole ? keep(unfinished, cache) : null;
        } catch (IOException e) {
            reasons.add("downloaded, and not kept: " + e.getMessage());
            return null;
        } finally {
            forget(unfinished);
        }
    }

    private static Void reach() throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(HOST, HTTPS), (int) CONNECT_LIMIT.toMillis());
            return null;
        }
    }

    private interface Step {
        Void run() throws IOException;
    }

    /** Name servers and downloads have no limit of their own that is short enough to wait for. */
    private static boolean within(Duration limit, List<String> reasons, Step step) {
        var task = new FutureTask<Void>(step::run);
        Thread.ofPlatform().daemon().name("download").start(task);
        try {
            task.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException e) {
            reasons.add("no download: " + e.getCause());
        } catch (TimeoutException e) {
            reasons.add("no download within " + limit.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reasons.add("interrupted");
        }
        return false;
    }

    private static Path keep(Path unfinished, Path cache) throws IOException {
        Path found = newest(unfinished);
        if (found == null) {
            throw new IOException("no programs in " + unfinished);
        }
        Path place = Files.createDirectories(cache.resolve("k8s")).resolve(found.getFileName());
        return Files.move(found, place, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void forget(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.err.println("dcn: cannot delete directory=" + directory + ": " + e.getMessage());
        }
    }
}
