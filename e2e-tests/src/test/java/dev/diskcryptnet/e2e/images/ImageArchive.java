package dev.diskcryptnet.e2e.images;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * An image that {@code ./dcn images} built, unpacked: the layout that the archive holds, and the file system that its
 * layers make.
 *
 * @param name agent or operator
 * @param archive the file that is shipped
 * @param layout its content, an OCI image layout
 * @param bundle {@code rootfs} and a {@code config.json} of an OCI runtime
 */
record ImageArchive(String name, Path archive, Path layout, Path bundle) {
    static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private static final Map<String, ImageArchive> UNPACKED = new ConcurrentHashMap<>();

    /** Builds and unpacks an image, once for all tests. Skips the test where a tool for that is missing. */
    static ImageArchive of(String name) {
        for (String tool : List.of("umoci", "runc")) {
            Assumptions.assumeTrue(
                    Run.quietly("sh", "-c", "command -v " + tool).ok(),
                    tool + " is not installed: apt-get install " + tool);
        }
        return UNPACKED.computeIfAbsent(name, ImageArchive::unpack);
    }

    private static ImageArchive unpack(String name) {
        build(name);
        try {
            Path parent = Files.createDirectories(Path.of("target/images").toAbsolutePath());
            Path directory = Files.createTempDirectory(parent, name);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
            Path archive = ROOT.resolve("target/images/diskcryptnet-" + name + ".oci.tar");
            Path layout = Files.createDirectory(directory.resolve("layout"));
            Run.checked("tar", "--extract", "--file", archive.toString(), "--directory", layout.toString());
            var image = new ImageArchive(name, archive, layout, directory.resolve("bundle"));
            Run.checked("umoci", "unpack", "--image", layout + ":" + image.tag(), image.bundle.toString());
            return image;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs {@code ./dcn images NAME}. */
    static String build(String name) {
        return Run.checked(ROOT.resolve("dcn").toString(), "images", name);
    }

    Path rootfs() {
        return bundle.resolve("rootfs");
    }

    /** The one manifest in the index, as the index describes it. */
    JsonNode description() {
        JsonNode manifests = json(layout.resolve("index.json")).get("manifests");
        if (manifests.size() != 1) {
            throw new AssertionError("manifests=" + manifests.size() + ", expected one");
        }
        return manifests.get(0);
    }

    String digest() {
        return description().get("digest").asText();
    }

    private String tag() {
        return description()
                .at("/annotations/org.opencontainers.image.ref.name")
                .asText();
    }

    JsonNode manifest() {
        return json(blob(digest()));
    }

    /** What the image says of the container that is made of it. */
    JsonNode config() {
        return json(blob(manifest().at("/config/digest").asText()));
    }

    /** Names of the files in each layer, first layer first. */
    List<List<String>> layers() {
        List<List<String>> layers = new ArrayList<>();
        for (JsonNode layer : manifest().get("layers")) {
            Path blob = blob(layer.get("digest").asText());
            layers.add(Run.checked("tar", "--list", "--gzip", "--file", blob.toString())
                    .lines()
                    .filter(file -> !file.endsWith("/"))
                    .toList());
        }
        return layers;
    }

    /** Everything in the file system but directories. */
    List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(rootfs())) {
            return files.filter(file -> Files.isSymbolicLink(file) || Files.isRegularFile(file))
                    .toList();
        }
    }

    private Path blob(String digest) {
        return layout.resolve("blobs").resolve(digest.replace(':', '/'));
    }

    private static JsonNode json(Path file) {
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
