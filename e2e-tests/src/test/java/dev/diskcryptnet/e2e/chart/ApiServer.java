package dev.diskcryptnet.e2e.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An API server as far as Helm needs one: discovery, and objects that are created, read, merged and deleted by their paths.
 * It stands in for a real one where what Helm does to a cluster is looked at: it validates nothing, runs nothing, and takes
 * strategic merge patches for plain ones, so lists are replaced. Every change is recorded.
 */
final class ApiServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** One kind that the server knows. */
    record Resource(String groupVersion, String plural, String kind, boolean namespaced) {
        String prefix() {
            return groupVersion.contains("/") ? "/apis/" + groupVersion : "/api/" + groupVersion;
        }
    }

    /** A request that changed something: method, path, and the body, which a deletion may lack. */
    record Change(String method, String path, JsonNode body) {}

    private static final List<Resource> KUBERNETES = List.of(
            new Resource("v1", "namespaces", "Namespace", false),
            new Resource("v1", "serviceaccounts", "ServiceAccount", true),
            new Resource("v1", "configmaps", "ConfigMap", true),
            new Resource("v1", "secrets", "Secret", true),
            new Resource("apps/v1", "deployments", "Deployment", true),
            new Resource("apps/v1", "daemonsets", "DaemonSet", true),
            new Resource("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
            new Resource("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", true),
            new Resource("rbac.authorization.k8s.io/v1", "roles", "Role", true),
            new Resource("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", true),
            new Resource("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", false),
            new Resource("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", false),
            new Resource("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", false));

    static final Resource POD_MONITORS = new Resource("monitoring.coreos.com/v1", "podmonitors", "PodMonitor", true);
    static final Resource PROMETHEUS_RULES =
            new Resource("monitoring.coreos.com/v1", "prometheusrules", "PrometheusRule", true);
    /** What the Prometheus operator brings, as far as the chart uses it. */
    static final Resource[] MONITORING = {POD_MONITORS, PROMETHEUS_RULES};

    static final Resource STREAMING_NODES =
            new Resource("diskcryptnet.dev/v1alpha1", "streamingnodes", "StreamingNode", true);

    private final HttpServer server;
    private final List<Resource> resources = new ArrayList<>(KUBERNETES);
    private final Map<String, ObjectNode> objects = Collections.synchronizedMap(new LinkedHashMap<>());
    private final List<Change> changes = Collections.synchronizedList(new ArrayList<>());

    /** Starts a server on loopback that knows what Kubernetes itself has, and {@code more}. */
    ApiServer(Resource... more) {
        resources.addAll(List.of(more));
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::handle);
        server.start();
    }

    /** A kubeconfig that leads here. */
    String kubeConfig() {
        return kubeConfig("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** A kubeconfig that leads to a server that asks nobody for a name. */
    static String kubeConfig(String url) {
        return """
                apiVersion: v1
                kind: Config
                clusters: [{name: test, cluster: {server: "%s"}}]
                contexts: [{name: test, context: {cluster: test, user: test, namespace: %s}}]
                users: [{name: test, user: {}}]
                current-context: test
                """.formatted(url, Chart.NAMESPACE);
    }

    /** Puts an object at a path, as if somebody else had created it. */
    void put(String path, JsonNode object) {
        objects.put(path, object.deepCopy());
    }

    /** What is at a path, or null. */
    JsonNode get(String path) {
        return objects.get(path);
    }

    /** Paths of the objects that there are, in the order of creation. */
    List<String> paths() {
        synchronized (objects) {
            return List.copyOf(objects.keySet());
        }
    }

    /** What was changed since the start or the last call of this. */
    List<Change> takeChanges() {
        synchronized (changes) {
            List<Change> taken = List.copyOf(changes);
            changes.clear();
            return taken;
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            JsonNode body = parse(exchange.getRequestBody().readAllBytes());
            switch (exchange.getRequestMethod()) {
                case "GET" -> get(exchange, path);
                case "POST" -> {
                    String created = path + "/" + body.at("/metadata/name").asText();
                    if (objects.putIfAbsent(created, (ObjectNode) body) != null) {
                        refuse(exchange, 409, "AlreadyExists", created);
                        return;
                    }
                    changes.add(new Change("POST", created, body));
                    answer(exchange, 201, body);
                }
                case "PUT" -> {
                    objects.put(path, (ObjectNode) body);
                    changes.add(new Change("PUT", path, body));
                    answer(exchange, 200, body);
                }
                case "PATCH" -> {
                    ObjectNode before = objects.get(path).deepCopy();
                    merge(objects.get(path), body);
                    // As on a real server, a patch that changes nothing is no write.
                    if (!before.equals(objects.get(path))) {
                        changes.add(new Change("PATCH", path, body));
                    }
                    answer(exchange, 200, objects.get(path));
                }
                case "DELETE" -> {
                    ObjectNode deleted = objects.remove(path);
                    changes.add(new Change("DELETE", path, body));
                    answer(exchange, 200, deleted);
                }
                default -> refuse(exchange, 405, "MethodNotAllowed", path);
            }
        }
    }

    private static JsonNode parse(byte[] body) throws IOException {
        if (body.length == 0) {
            return null;
        }
        return SecretMessage.isOne(body) ? SecretMessage.read(body) : JSON.readTree(body);
    }

    private void get(HttpExchange exchange, String path) throws IOException {
        JsonNode discovered = discovery(path);
        if (discovered != null) {
            answer(exchange, 200, discovered);
            return;
        }
        ObjectNode object = objects.get(path);
        if (object != null) {
            answer(exchange, 200, object);
            return;
        }
        for (Resource resource : resources) {
            if (path.startsWith(resource.prefix() + "/") && path.endsWith("/" + resource.plural())) {
                answer(
                        exchange,
                        200,
                        list(resource, path, exchange.getRequestURI().getRawQuery()));
                return;
            }
        }
        refuse(exchange, 404, "NotFound", path);
    }

    private JsonNode list(Resource resource, String path, String query) {
        List<String> wanted = labels(query);
        ObjectNode list = JSON.createObjectNode();
        list.put("kind", resource.kind() + "List").put("apiVersion", resource.groupVersion());
        list.putObject("metadata").put("resourceVersion", "1");
        var items = list.putArray("items");
        synchronized (objects) {
            objects.forEach((at, object) -> {
                boolean here = at.startsWith(path + "/");
                if (here && wanted.stream().allMatch(label -> hasLabel(object, label))) {
                    items.add(object);
                }
            });
        }
        return list;
    }

    private static List<String> labels(String query) {
        if (query == null) {
            return List.of();
        }
        for (String parameter : query.split("&")) {
            if (parameter.startsWith("labelSelector=")) {
                String selector = parameter.substring("labelSelector=".length());
                return List.of(
                        URLDecoder.decode(selector, StandardCharsets.UTF_8).split(","));
            }
        }
        return List.of();
    }

    private static boolean hasLabel(JsonNode object, String label) {
        String[] keyAndValue = label.split("=", 2);
        return object.path("metadata")
                .path("labels")
                .path(keyAndValue[0])
                .asText()
                .equals(keyAndValue[1]);
    }

    private JsonNode discovery(String path) {
        return switch (path) {
            case "/version" -> tree("{'major': '1', 'minor': '34', 'gitVersion': 'v1.34.0'}");
            case "/api" -> tree("{'kind': 'APIVersions', 'versions': ['v1']}");
            case "/apis" -> groups();
            default -> resources.stream().anyMatch(known -> known.prefix().equals(path)) ? resourcesOf(path) : null;
        };
    }

    private JsonNode groups() {
        ObjectNode list = JSON.createObjectNode();
        list.put("kind", "APIGroupList").put("apiVersion", "v1");
        var groups = list.putArray("groups");
        resources.stream()
                .map(Resource::groupVersion)
                .filter(version -> version.contains("/"))
                .distinct()
                .forEach(version -> {
                    String[] groupAndVersion = version.split("/");
                    JsonNode one =
                            JSON.createObjectNode().put("groupVersion", version).put("version", groupAndVersion[1]);
                    ObjectNode group = groups.addObject().put("name", groupAndVersion[0]);
                    group.putArray("versions").add(one);
                    group.set("preferredVersion", one);
                });
        return list;
    }

    private JsonNode resourcesOf(String prefix) {
        ObjectNode list = JSON.createObjectNode();
        list.put("kind", "APIResourceList").put("apiVersion", "v1");
        list.put("groupVersion", prefix.substring(prefix.indexOf('/', 1) + 1));
        var found = list.putArray("resources");
        for (Resource resource : resources) {
            if (resource.prefix().equals(prefix)) {
                ObjectNode one = found.addObject()
                        .put("name", resource.plural())
                        .put("singularName", "")
                        .put("kind", resource.kind())
                        .put("namespaced", resource.namespaced());
                var verbs = one.putArray("verbs");
                List.of("create", "delete", "get", "list", "patch", "update", "watch")
                        .forEach(verbs::add);
            }
        }
        return list;
    }

    /** RFC 7386: what a patch names replaces what is there, null removes it. */
    private static void merge(ObjectNode target, JsonNode patch) {
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            if (field.getValue().isNull()) {
                target.remove(field.getKey());
            } else if (field.getValue().isObject()
                    && target.path(field.getKey()).isObject()) {
                merge((ObjectNode) target.get(field.getKey()), field.getValue());
            } else {
                target.set(field.getKey(), field.getValue());
            }
        }
    }

    private static void refuse(HttpExchange exchange, int status, String reason, String path) throws IOException {
        ObjectNode answer = JSON.createObjectNode();
        answer.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure");
        answer.put("reason", reason).put("code", status).put("message", reason + ": " + path);
        answer(exchange, status, answer);
    }

    private static void answer(HttpExchange exchange, int status, JsonNode body) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(body);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static JsonNode tree(String text) {
        try {
            return JSON.readTree(text.replace('\'', '"'));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
