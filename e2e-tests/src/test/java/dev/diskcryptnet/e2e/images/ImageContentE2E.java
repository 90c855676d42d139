package dev.diskcryptnet.e2e.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in the images, and what is not. */
@Tag("kernel")
class ImageContentE2E {
    private static final Pattern NEEDED = Pattern.compile("\\(NEEDED\\).*\\[(.+)]");
    private static final Pattern SECRET_NAME = Pattern.compile(
            ".*\\.(key|pem|p12|jks|kdbx)|id_(rsa|ecdsa|ed25519)|\\.netrc|\\.git-credentials|settings\\.xml");
    private static final String SECRET_TEXT = "-----BEGIN PRIVATE KEY";

    @ParameterizedTest
    @ValueSource(strings = {"agent", "operator"})
    void shouldHaveNoShellAndNoPackageManager(String name) throws IOException {
        Set<String> programs = new TreeSet<>();
        for (Path file : ImageArchive.of(name).files()) {
            if (file.getParent().endsWith("bin") || file.getParent().endsWith("sbin")) {
                programs.add(file.getFileName().toString());
            }
        }
        programs.removeAll(Set.of("java", "dcn-agent"));
        assertEquals(Set.of(), programs);
    }

    @ParameterizedTest
    @ValueSource(strings = {"agent", "operator"})
    void shouldHaveNothingThatOthersMayWriteNorRunAsItsOwner(String name) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(ImageArchive.of(name).rootfs())) {
            for (Path file : files.filter(path -> !Files.isSymbolicLink(path)).toList()) {
                int mode = (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777;
                boolean openDirectory = Files.isDirectory(file) && (mode & 01002) == 01002;
                if ((mode & 06002) != 0 && !(openDirectory && file.endsWith("tmp"))) {
                    found.add(Integer.toOctalString(mode) + " " + file);
                }
            }
        }
        assertEquals(List.of(), found);
    }

    @ParameterizedTest
    @ValueSource(strings = {"agent", "operator"})
    void shouldHoldNoSecretAndNoTraceOfTheMachineThatBuiltIt(String name) throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : ImageArchive.of(name).files()) {
            if (SECRET_NAME.matcher(file.getFileName().toString()).matches()) {
                found.add("name " + file);
            }
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                if (content.contains(ImageArchive.ROOT + "/") || content.contains(SECRET_TEXT)) {
                    found.add("content " + file);
                }
            }
        }
        assertEquals(List.of(), found);
        assertFalse(Files.exists(ImageArchive.of(name).rootfs().resolve("opt/java/lib/security/cacerts")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"agent", "operator"})
    void shouldKeepTheLicenceOfEveryPackage(String name) throws IOException {
        Path rootfs = ImageArchive.of(name).rootfs();
        List<String> packages;
        try (Stream<Path> status = Files.list(rootfs.resolve("var/lib/dpkg/status.d"))) {
            packages = status.map(file -> file.getFileName().toString()).collect(Collectors.toList());
        }
        assertTrue(packages.contains("libc6"), packages.toString());
        packages.add("diskcryptnet");
        for (String one : packages) {
            Path licence = rootfs.resolve("usr/share/doc").resolve(one).resolve("copyright");
            assertTrue(Files.size(licence) > 0, licence.toString());
        }
        assertTrue(Files.exists(rootfs.resolve("opt/java/legal/java.base/LICENSE")));
        assertTrue(Files.exists(rootfs.resolve("usr/share/common-licenses/GPL-3")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"agent", "operator"})
    void shouldHoldEveryLibraryThatALibraryInItNeeds(String name) throws IOException {
        Set<String> held = new TreeSet<>();
        List<Path> objects = new ArrayList<>();
        for (Path file : ImageArchive.of(name).files()) {
            held.add(file.getFileName().toString());
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && isElf(file)) {
                objects.add(file);
            }
        }
        List<String> missing = new ArrayList<>();
        for (Path object : objects) {
            Run.checked("readelf", "--dynamic", object.toString()).lines().forEach(line -> {
                var needed = NEEDED.matcher(line);
                if (needed.find() && !held.contains(needed.group(1))) {
                    missing.add(object + " needs " + needed.group(1));
                }
            });
        }
        assertTrue(objects.size() > 10, "objects=" + objects);
        assertEquals(List.of(), missing);
    }

    private static boolean isElf(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(4), StandardCharsets.ISO_8859_1).equals("\177ELF");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"agent", "operator"})
    void shouldHaveWhatIsOursInTheLastLayerOnly(String name) {
        List<List<String>> layers = ImageArchive.of(name).layers();
        assertEquals(4, layers.size());
        assertTrue(layers.get(0).contains("./usr/lib/x86_64-linux-gnu/libc.so.6"));
        assertTrue(layers.get(1).contains("./opt/java/bin/java"));
        Pattern ours = Pattern.compile(".*(dcn|crds-|dev\\.diskcryptnet|quarkus-run).*");
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    List.of(),
                    layers.get(i).stream()
                            .filter(file -> ours.matcher(file).matches())
                            .toList());
        }
        assertTrue(layers.get(3).stream().anyMatch(file -> ours.matcher(file).matches()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"agent", "operator"})
    void shouldBeTheSameToTheBitWhenBuiltAgain(String name) throws IOException {
        ImageArchive image = ImageArchive.of(name);
        byte[] first = Files.readAllBytes(image.archive());
        ImageArchive.build(name);
        assertEquals(-1, Files.mismatch(image.archive(), write(image, first)), "digest=" + image.digest());
    }

    private static Path write(ImageArchive image, byte[] content) throws IOException {
        return Files.write(image.layout().resolveSibling("first.tar"), content);
    }

    @ParameterizedTest
    @ValueSource(strings = {"agent", "operator"})
    void shouldSayWhatTheContainerfileSays(String name) throws IOException {
        JsonNode config = ImageArchive.of(name).config().get("config");
        List<String> stage = stage(name);
        for (String instruction : stage) {
            String[] parts = instruction.split(" ", 2);
            String value = parts[1].replace("\"", "");
            switch (parts[0]) {
                case "USER" -> assertEquals(value, config.get("User").asText());
                case "WORKDIR" -> assertEquals(value, config.get("WorkingDir").asText());
                case "STOPSIGNAL" ->
                    assertEquals(value, config.get("StopSignal").asText());
                case "EXPOSE" -> assertTrue(config.get("ExposedPorts").has(value), value);
                case "ENV" -> assertTrue(config.get("Env").toString().contains("\"" + value + "\""), value);
                case "LABEL" ->
                    assertEquals(
                            value.split("=", 2)[1],
                            config.get("Labels").get(value.split("=", 2)[0]).asText());
                case "ENTRYPOINT" ->
                    assertEquals(
                            parts[1].replace(" ", ""), config.get("Entrypoint").toString());
                default -> assertEquals("COPY", parts[0]);
            }
        }
        assertTrue(stage.stream().anyMatch(line -> line.startsWith("ENTRYPOINT")));
    }

    private static List<String> stage(String name) throws IOException {
        List<String> stage = new ArrayList<>();
        boolean within = false;
        for (String line : Files.readAllLines(ImageArchive.ROOT.resolve("deploy/images/Containerfile"))) {
            if (line.startsWith("FROM ")) {
                within = line.endsWith(" AS " + name);
            } else if (within && !line.isBlank() && !line.startsWith("#")) {
                stage.add(line);
            }
        }
        return stage;
    }
}
