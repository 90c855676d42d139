package dev.diskcryptnet.e2e.chart;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import com.marcnuri.helm.UpgradeCommand;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** The chart of this tree, installed by Helm itself on an {@link ApiServer}; values are YAML. */
final class Chart {
    static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    /** Where it is written. */
    static final Path SOURCE = ROOT.resolve("helm/diskcryptnet");
    /** Where it is installed from: the same, with files for the links, as in a packaged chart. */
    static final Path DIRECTORY = copy(Path.of("target/chart/diskcryptnet").toAbsolutePath());

    static final String RELEASE = "diskcryptnet";
    static final String NAMESPACE = "streaming";
    static final ObjectMapper YAML =
            new ObjectMapper(new YAMLFactory()).enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    private static final ObjectMapper JSON = new ObjectMapper();

    private Chart() {}

    /** What a release consists of: the objects in the order of the manifest, and the notes that the person is shown. */
    record Release(List<ObjectNode> objects, String manifest, String notes) {
        /** The only object of this kind. */
        ObjectNode only(String kind) {
            List<ObjectNode> found = all(kind);
            if (found.size() != 1) {
                throw new AssertionError("expected one " + kind + ", got " + found.size() + " in:\n" + manifest);
            }
            return found.getFirst();
        }

        List<ObjectNode> all(String kind) {
            return objects.stream()
                    .filter(object -> object.path("kind").asText().equals(kind))
                    .toList();
        }

        /** The object of this kind and name. */
        ObjectNode named(String kind, String name) {
            return all(kind).stream()
                    .filter(object -> object.at("/metadata/name").asText().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + kind + " name=" + name + " in:\n" + manifest));
        }
    }

    /** Copies the chart into a directory that is emptied before; returns the directory. */
    static Path copy(Path target) {
        try {
            if (Files.exists(target)) {
                try (Stream<Path> old = Files.walk(target)) {
                    for (Path file : old.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
            try (Stream<Path> files = Files.walk(SOURCE)) {
                for (Path file : files.toList()) {
                    Path copy = target.resolve(SOURCE.relativize(file));
                    if (Files.isDirectory(file)) {
                        Files.createDirectories(copy);
                    } else {
                        Files.copy(file, copy);
                    }
                }
            }
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Installs on a server of its own that knows {@code more} beside Kubernetes' own kinds. */
    static Release install(String values, ApiServer.Resource... more) {
        try (ApiServer server = new ApiServer(more)) {
            return install(server, values);
        }
    }

    static Release install(ApiServer server, String values) {
        return install(server, RELEASE, NAMESPACE, values);
    }

    static Release install(ApiServer server, String name, String namespace, String values) {
        return withValues(values, file -> {
            InstallCommand install = new Helm(DIRECTORY)
                    .install()
                    .withName(name)
                    .withNamespace(namespace)
                    .withKubeConfigContents(server.kubeConfig())
                    .disableOpenApiValidation()
                    .withValuesFile(file);
            install.call();
            return release(server, name, namespace, 1);
        });
    }

    /** Upgrades {@link #RELEASE} to the chart in a directory; its revision must be the one named. */
    static Release upgrade(ApiServer server, Path directory, int revision, String values) {
        return withValues(values, file -> {
            UpgradeCommand upgrade = new Helm(directory)
                    .upgrade()
                    .withName(RELEASE)
                    .withNamespace(NAMESPACE)
                    .withKubeConfigContents(server.kubeConfig())
                    .disableOpenApiValidation()
                    .resetValues()
                    .withValuesFile(file);
            upgrade.call();
            return release(server, RELEASE, NAMESPACE, revision);
        });
    }

    static void uninstall(ApiServer server) {
        Helm.uninstall(RELEASE)
                .withNamespace(NAMESPACE)
                .withKubeConfigContents(server.kubeConfig())
                .call();
    }

    /** What Helm says when it refuses values. */
    static String refusal(String values) {
        try {
            install(values);
        } catch (IllegalStateException e) {
            return e.getMessage();
        }
        throw new AssertionError("not refused: " + values);
    }

    /** A file of the chart. */
    static String text(String file) {
        try {
            return Files.readString(SOURCE.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The objects of a YAML text of many documents; empty ones are left out. */
    static List<ObjectNode> documents(String yaml) {
        List<ObjectNode> documents = new ArrayList<>();
        try (var read = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
            while (read.hasNext()) {
                if (read.next() instanceof ObjectNode object) {
                    documents.add(object);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return documents;
    }

    /** Helm keeps a release in a Secret: gzipped JSON, in base64, in base64 once more as any Secret's data. */
    private static Release release(ApiServer server, String name, String namespace, int revision) {
        String path = "/api/v1/namespaces/" + namespace + "/secrets/sh.helm.release.v1." + name + ".v" + revision;
        Base64.Decoder decoder = Base64.getDecoder();
        byte[] data = decoder.decode(server.get(path).at("/data/release").asText());
        try (var unzipped = new GZIPInputStream(new ByteArrayInputStream(decoder.decode(data)))) {
            JsonNode release = JSON.readTree(unzipped);
            String manifest = release.path("manifest").asText();
            return new Release(
                    documents(manifest), manifest, release.at("/info/notes").asText());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface WithFile {
        Release call(Path file);
    }

    private static Release withValues(String values, WithFile action) {
        try {
            Path file = Files.createTempFile("values", ".yaml");
            try {
                Files.writeString(file, values);
                return action.call(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
