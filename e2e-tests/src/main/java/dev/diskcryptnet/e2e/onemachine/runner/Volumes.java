package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The volumes of a pod as directories and files of this machine. What ConfigMaps and Secrets hold is brought up to date
 * whenever {@link #refresh} is called, file by file and each at once.
 */
final class Volumes {
    /** Host paths below it are a machine's own; all others are this computer's, the same for all machines. */
    static final Path STATE_PREFIX = Path.of("/var/lib/diskcryptnet");

    private static final int DEFAULT_MODE = 0644;

    /** A volume cannot be had yet, or at all; the message is for the pod's status. */
    static final class MissingException extends Exception {
        MissingException(String message) {
            super(message);
        }
    }

    private record Content(byte[] bytes, int mode) {}

    private final Machine machine;
    private final ClusterView view;
    private final Pod pod;
    private final Path directory;
    private final TokenSource tokens;

    /** Makes service account tokens. */
    interface TokenSource {
        /** @return by file name what a service account's volume holds; null when the API server knows no accounts */
        Map<String, byte[]> token(String namespace, String serviceAccount);
    }

    Volumes(Machine machine, ClusterView view, TokenSource tokens, Pod pod, Path directory) {
        this.machine = machine;
        this.view = view;
        this.tokens = tokens;
        this.pod = pod;
        this.directory = directory;
    }

    /**
     * Makes all volumes.
     *
     * @return by name of the volume the path that a mount of it shows
     */
    Map<String, Path> prepare() throws IOException, MissingException {
        Map<String, Path> sources = new LinkedHashMap<>();
        for (Volume volume : pod.getSpec().getVolumes()) {
            sources.put(volume.getName(), prepare(volume));
        }
        return sources;
    }

    /** Writes what changed in ConfigMaps and Secrets. One that is gone leaves the files as they are. */
    void refresh() throws IOException {
        for (Volume volume : pod.getSpec().getVolumes()) {
            if (volume.getConfigMap() != null || volume.getSecret() != null) {
                try {
                    write(directory.resolve(volume.getName()), files(volume));
                } catch (MissingException e) {
                    // As kubelet does: who holds the files goes on with them.
                    continue;
                }
            }
        }
    }

    private Path prepare(Volume volume) throws IOException, MissingException {
        if (volume.getHostPath() != null) {
            return hostPath(volume.getHostPath());
        }
        Path place = directory.resolve(volume.getName());
        Files.createDirectories(place);
        if (volume.getEmptyDir() != null) {
            Files.setPosixFilePermissions(place, permissions(0777));
            return place;
        }
        write(place, files(volume));
        return place;
    }

    private Path hostPath(HostPathVolumeSource source) throws IOException, MissingException {
        Path path = Path.of(source.getPath()).normalize();
        Path here = path.startsWith(STATE_PREFIX)
                ? machine.state().resolve(STATE_PREFIX.relativize(path).toString())
                : path;
        String type = source.getType() == null ? "" : source.getType();
        switch (type) {
            case "DirectoryOrCreate" -> Files.createDirectories(here);
            case "FileOrCreate" -> {
                if (!Files.exists(here)) {
                    Files.createFile(here);
                }
            }
            case "Directory" -> require(Files.isDirectory(here), path, "a directory");
            case "File" -> require(Files.isRegularFile(here), path, "a file");
            case "BlockDevice", "CharDevice", "Socket" -> require(Files.exists(here), path, "a " + type);
            default -> require(Files.exists(here), path, "there");
        }
        return here;
    }

    private void require(boolean fulfilled, Path path, String what) throws MissingException {
        if (!fulfilled) {
            throw new MissingException("hostPath=" + path + " of machine=" + machine.name() + " is not " + what);
        }
    }

    private Map<String, Content> files(Volume volume) throws MissingException {
        if (volume.getConfigMap() != null) {
            var source = volume.getConfigMap();
            return configMap(source.getName(), source.getOptional(), source.getItems(), source.getDefaultMode());
        }
        if (volume.getSecret() != null) {
            var source = volume.getSecret();
            return secret(source.getSecretName(), source.getOptional(), source.getItems(), source.getDefaultMode());
        }
        if (volume.getProjected() != null) {
            if (volume.getProjected().getSources().stream().anyMatch(part -> part.getServiceAccountToken() != null)) {
                // A server's admission adds it to pods; all of it is mounted over it, see serviceAccount().
                return Map.of();
            }
            Map<String, Content> files = new TreeMap<>();
            for (VolumeProjection part : volume.getProjected().getSources()) {
                files.putAll(projected(part, volume.getProjected().getDefaultMode()));
            }
            return files;
        }
        throw new MissingException(
                "volume=" + volume.getName() + " is of a kind that is not played on one machine; use configMap, secret,"
                        + " projected, emptyDir or hostPath");
    }

    private Map<String, Content> projected(VolumeProjection part, Integer mode) throws MissingException {
        if (part.getConfigMap() != null) {
            var source = part.getConfigMap();
            return configMap(source.getName(), source.getOptional(), source.getItems(), mode);
        }
        if (part.getSecret() != null) {
            var source = part.getSecret();
            return secret(source.getName(), source.getOptional(), source.getItems(), mode);
        }
        return Map.of();
    }

    private Map<String, Content> configMap(String name, Boolean optional, List<KeyToPath> items, Integer mode)
            throws MissingException {
        ConfigMap found = view.get(ConfigMap.class, pod.getMetadata().getNamespace(), name);
        if (found == null) {
            return orMissing(optional, "configmap=" + name);
        }
        Map<String, byte[]> data = new TreeMap<>();
        found.getData().forEach((key, text) -> data.put(key, text.getBytes(StandardCharsets.UTF_8)));
        found.getBinaryData()
                .forEach((key, text) -> data.put(key, Base64.getDecoder().decode(text)));
        return select(data, items, mode);
    }

    private Map<String, Content> secret(String name, Boolean optional, List<KeyToPath> items, Integer mode)
            throws MissingException {
        Secret found = view.get(Secret.class, pod.getMetadata().getNamespace(), name);
        if (found == null) {
            return orMissing(optional, "secret=" + name);
        }
        return select(secretData(found), items, mode);
    }

    /** {@code data}, and over it {@code stringData}, which a server turns into data and the one in memory does not. */
    static Map<String, byte[]> secretData(Secret secret) {
        Map<String, byte[]> data = new TreeMap<>();
        secret.getData()
                .forEach((key, text) -> data.put(key, Base64.getDecoder().decode(text)));
        secret.getStringData().forEach((key, text) -> data.put(key, text.getBytes(StandardCharsets.UTF_8)));
        return data;
    }

    private static Map<String, Content> orMissing(Boolean optional, String what) throws MissingException {
        if (!Boolean.TRUE.equals(optional)) {
            throw new MissingException(what + " not found");
        }
        return Map.of();
    }

    private static Map<String, Content> select(Map<String, byte[]> data, List<KeyToPath> items, Integer defaultMode)
            throws MissingException {
        int mode = defaultMode == null ? DEFAULT_MODE : defaultMode;
        Map<String, Content> files = new TreeMap<>();
        if (items == null || items.isEmpty()) {
            data.forEach((key, bytes) -> files.put(key, new Content(bytes, mode)));
            return files;
        }
        for (KeyToPath item : items) {
            if (!data.containsKey(item.getKey())) {
                throw new MissingException("key=" + item.getKey() + " not found in the volume's source");
            }
            files.put(
                    item.getPath(),
                    new Content(data.get(item.getKey()), item.getMode() == null ? mode : item.getMode()));
        }
        return files;
    }

    private static void write(Path place, Map<String, Content> wanted) throws IOException {
        Files.createDirectories(place);
        Set<Path> kept = new HashSet<>();
        for (Map.Entry<String, Content> entry : wanted.entrySet()) {
            Path file = place.resolve(entry.getKey());
            kept.add(file);
            Content content = entry.getValue();
            if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), content.bytes())) {
                continue;
            }
            Files.createDirectories(file.getParent());
            Path unfinished = file.resolveSibling(".." + file.getFileName());
            Files.write(unfinished, content.bytes());
            Files.setPosixFilePermissions(unfinished, permissions(content.mode()));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        List<Path> obsolete = new ArrayList<>();
        try (Stream<Path> files = Files.walk(place)) {
            files.filter(Files::isRegularFile)
                    .filter(file -> !kept.contains(file))
                    .forEach(obsolete::add);
        }
        for (Path file : obsolete) {
            Files.delete(file);
        }
    }

    /** The service account's token where client libraries look for it; null when the pod is to have none. */
    Path serviceAccount() throws IOException {
        String namespace = pod.getMetadata().getNamespace();
        String name = pod.getSpec().getServiceAccountName();
        if (name == null || !mountsToken(view.get(ServiceAccount.class, namespace, name))) {
            return null;
        }
        Map<String, byte[]> files = tokens.token(namespace, name);
        if (files == null) {
            return null;
        }
        Map<String, Content> contents = new TreeMap<>();
        files.forEach((file, bytes) -> contents.put(file, new Content(bytes, 0600)));
        Path place = directory.resolve("serviceaccount-token");
        write(place, contents);
        return place;
    }

    private boolean mountsToken(ServiceAccount account) {
        Boolean ofPod = pod.getSpec().getAutomountServiceAccountToken();
        Boolean ofAccount = account == null ? null : account.getAutomountServiceAccountToken();
        return Objects.requireNonNullElse(ofPod, Objects.requireNonNullElse(ofAccount, true));
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] fromOwnerRead = PosixFilePermission.values();
        for (int bit = 0; bit < fromOwnerRead.length; bit++) {
            if ((mode >> (fromOwnerRead.length - 1 - bit) & 1) == 1) {
                permissions.add(fromOwnerRead[bit]);
            }
        }
        return permissions;
    }
}
