package dev.diskcryptnet.e2e.onemachine.api;

import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.Config;
import io.fabric8.kubernetes.api.model.ConfigBuilder;
import io.fabric8.kubernetes.api.model.Context;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/**
 * A kubeconfig file that a person brought, made of its current context alone, with a namespace of our own and paths that
 * hold wherever it is put.
 *
 * @param text as YAML
 * @param server the API server's URL
 * @param authority certificates that the server's is checked against, PEM; null when the file names none
 */
public record GivenKubeConfig(String text, URI server, byte[] authority) {
    private static final int HTTPS = 443;
    private static final int HTTP = 80;
    private static final String NAME = "one-machine";

    /**
     * Reads a file.
     *
     * @throws IOException when it names no server, or what cannot be used from a network namespace
     */
    public static GivenKubeConfig read(Path file, String namespace) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException("kubeconfig=" + file + " cannot be read; KUBECONFIG has to name one file");
        }
        Config whole = Serialization.unmarshal(Files.readString(file), Config.class);
        Context context = named(
                whole.getContexts(),
                file,
                "context",
                whole.getCurrentContext(),
                one -> one.getName(),
                one -> one.getContext());
        Cluster cluster = named(
                whole.getClusters(),
                file,
                "cluster",
                context.getCluster(),
                one -> one.getName(),
                one -> one.getCluster());
        AuthInfo user =
                named(whole.getUsers(), file, "user", context.getUser(), one -> one.getName(), one -> one.getUser());
        if (cluster.getProxyUrl() != null) {
            throw new IOException("kubeconfig=" + file + " has proxy-url=" + cluster.getProxyUrl()
                    + ", which the control plane's namespace cannot reach; name the API server itself");
        }
        absolute(file, cluster, user);
        context.setCluster(NAME);
        context.setUser(NAME);
        context.setNamespace(namespace);
        Config one = new ConfigBuilder()
                .addNewCluster()
                .withName(NAME)
                .withCluster(cluster)
                .endCluster()
                .addNewUser()
                .withName(NAME)
                .withUser(user)
                .endUser()
                .addNewContext()
                .withName(NAME)
                .withContext(context)
                .endContext()
                .withCurrentContext(NAME)
                .build();
        return new GivenKubeConfig(Serialization.asYaml(one), URI.create(cluster.getServer()), authority(cluster));
    }

    private static <N, T> T named(
            List<N> all, Path file, String what, String name, Function<N, String> nameOf, Function<N, T> content)
            throws IOException {
        return all.stream()
                .filter(one -> nameOf.apply(one).equals(name))
                .map(content)
                .findFirst()
                .orElseThrow(() -> new IOException("kubeconfig=" + file + " has no " + what + "=" + name
                        + "; set current-context to one that is there"));
    }

    private static void absolute(Path file, Cluster cluster, AuthInfo user) {
        cluster.setCertificateAuthority(absolute(file, cluster.getCertificateAuthority()));
        user.setClientCertificate(absolute(file, user.getClientCertificate()));
        user.setClientKey(absolute(file, user.getClientKey()));
        user.setTokenFile(absolute(file, user.getTokenFile()));
    }

    /** A path in a kubeconfig file is relative to it. */
    private static String absolute(Path file, String path) {
        return path == null || path.isEmpty()
                ? path
                : file.toAbsolutePath().resolveSibling(path).normalize().toString();
    }

    private static byte[] authority(Cluster cluster) throws IOException {
        if (cluster.getCertificateAuthorityData() != null
                && !cluster.getCertificateAuthorityData().isEmpty()) {
            return Base64.getDecoder().decode(cluster.getCertificateAuthorityData());
        }
        String path = cluster.getCertificateAuthority();
        return path == null || path.isEmpty() ? null : Files.readAllBytes(new File(path).toPath());
    }

    /** The server's port, that of its scheme when the URL names none. */
    public int port() {
        if (server.getPort() >= 0) {
            return server.getPort();
        }
        return server.getScheme().equals("https") ? HTTPS : HTTP;
    }

    /** The server's name or numeric address, the latter without brackets. */
    public String host() {
        String host = server.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }
}
