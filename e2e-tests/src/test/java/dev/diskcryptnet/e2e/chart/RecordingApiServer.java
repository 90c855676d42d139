package dev.diskcryptnet.e2e.chart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * fabric8's CRUD server, which notes the right that each request of its one watched client would need of a real API server.
 * Server-side apply is merged, so the operator runs as it does on a real one; what apply owns and takes away is not known here.
 */
final class RecordingApiServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Says every request otherwise; held here, as a logger is forgotten with its level when nobody holds it. */
    private static final Logger LOGGER = Logger.getLogger(MockWebServer.class.getName());

    static {
        LOGGER.setLevel(Level.WARNING);
    }

    /** HTTP status of a JSON patch that does not fit. */
    private static final int UNPROCESSABLE = 422;

    private final MockWebServer server = new MockWebServer();
    private final Set<String> needed = new ConcurrentSkipListSet<>();
    private final String ignored;

    /** @param ignored client whose requests are not noted, by the start of its User-Agent */
    RecordingApiServer(String ignored) throws IOException {
        this.ignored = ignored;
        server.setDispatcher(new Dispatcher());
        server.start(InetAddress.getLoopbackAddress(), 0);
    }

    String url() {
        return "http://127.0.0.1:" + server.getPort();
    }

    /** Rights that were needed so far, as {@link Rights} writes them. */
    Set<String> needed() {
        return Set.copyOf(needed);
    }

    @Override
    public void close() {
        server.shutdown();
    }

    private final class Dispatcher extends KubernetesCrudDispatcher {
        @Override
        public synchronized MockResponse dispatch(RecordedRequest request) {
            String agent = request.getHeader("User-Agent");
            if (agent == null || !agent.startsWith(ignored)) {
                note(request);
            }
            if (request.method() == HttpMethod.PATCH && isApply(request)) {
                return apply(request);
            }
            try {
                return super.dispatch(request);
            } catch (JsonPatchException e) {
                // A "test" of a JSON patch that fails: the server in memory would give no answer at all.
                return new MockResponse().setResponseCode(UNPROCESSABLE).setBody(e.getMessage());
            }
        }

        private boolean isApply(RecordedRequest request) {
            String type = request.getHeader("Content-Type");
            return type != null && type.startsWith("application/apply-patch+yaml");
        }

        private MockResponse apply(RecordedRequest request) {
            String path = request.getPath().split("\\?", 2)[0];
            JsonNode applied = tree(request.getUtf8Body());
            MockResponse found = handleGet(path);
            if (found.code() != HttpURLConnection.HTTP_OK) {
                return super.dispatch(
                        rewritten(request, HttpMethod.POST, path.substring(0, path.lastIndexOf('/')), applied));
            }
            ObjectNode present = (ObjectNode) tree(found.getBody().readUtf8());
            mergeInto(present, applied);
            return super.dispatch(rewritten(request, HttpMethod.PUT, path, present));
        }

        private RecordedRequest rewritten(RecordedRequest request, HttpMethod method, String path, JsonNode body) {
            return new RecordedRequest(
                    request.getHttpVersion(),
                    method,
                    path,
                    Headers.builder().add("Content-Type", "application/json").build(),
                    new Buffer().writeUtf8(body.toString()));
        }
    }

    private void note(RecordedRequest request) {
        String[] pathAndQuery = request.getPath().split("\\?", 2);
        List<String> parts = List.of(pathAndQuery[0].substring(1).split("/"));
        if (!parts.getFirst().startsWith("api") || parts.size() < 3) {
            // Discovery and health, which everyone may ask for.
            return;
        }
        boolean core = parts.getFirst().equals("api");
        String group = core ? "" : parts.get(1);
        List<String> rest = parts.subList(core ? 2 : 3, parts.size());
        String namespace = Rights.CLUSTER;
        if (rest.size() > 2 && rest.getFirst().equals("namespaces")) {
            namespace = rest.get(1);
            rest = rest.subList(2, rest.size());
        }
        String resource = rest.size() > 2 ? rest.getFirst() + "/" + rest.get(2) : rest.getFirst();
        String query = pathAndQuery.length > 1 ? pathAndQuery[1] : "";
        boolean named = rest.size() > 1;
        String name = named && group.equals("coordination.k8s.io") ? " named " + rest.get(1) : "";
        for (String verb : verbs(request, named, query)) {
            String on = verb.equals("create") ? "" : name;
            needed.add(Rights.right(verb, group, resource, namespace) + on);
        }
    }

    private static List<String> verbs(RecordedRequest request, boolean named, String query) {
        return switch (request.method()) {
            case GET -> {
                if (query.contains("watch=true")) {
                    yield List.of("watch");
                }
                yield named ? List.of("get") : List.of("list");
            }
            case POST -> List.of("create");
            case PUT -> List.of("update");
            case DELETE -> named ? List.of("delete") : List.of("deletecollection");
            // Server-side apply of an object that is not there needs create too.
            case PATCH ->
                String.valueOf(request.getHeader("Content-Type")).startsWith("application/apply-patch")
                        ? List.of("patch", "create")
                        : List.of("patch");
            default -> List.of(request.method().name());
        };
    }

    private static JsonNode tree(String body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(body, e);
        }
    }

    private static void mergeInto(ObjectNode target, JsonNode applied) {
        for (Map.Entry<String, JsonNode> field : applied.properties()) {
            if (field.getValue().isObject() && target.path(field.getKey()).isObject()) {
                mergeInto((ObjectNode) target.get(field.getKey()), field.getValue());
            } else {
                target.set(field.getKey(), field.getValue());
            }
        }
    }
}
