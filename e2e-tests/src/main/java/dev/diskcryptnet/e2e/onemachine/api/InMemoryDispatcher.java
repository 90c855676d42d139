package dev.diskcryptnet.e2e.onemachine.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * fabric8's CRUD server with what a controller cannot do without: a version that says what it is, uid preconditions,
 * the schemas of custom resources, and foreground and orphan deletion, which set the finalizer that garbage collection
 * works on.
 */
final class InMemoryDispatcher extends KubernetesCrudDispatcher {
    /** What {@code GET /version} answers, by which a client knows this server. */
    static final String VERSION = "v1.34.0-in-memory";

    private static final String VERSION_BODY = "{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"" + VERSION + "\"}";

    private static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private static final int UNPROCESSABLE = 422;

    private final ObjectMapper json = new ObjectMapper();
    /** By API version and kind. */
    private final Map<String, JsonNode> schemas = new HashMap<>();

    @Override
    public synchronized MockResponse dispatch(RecordedRequest request) {
        if (request.method() == HttpMethod.GET && request.getPath().equals("/version")) {
            return new MockResponse().setResponseCode(HttpURLConnection.HTTP_OK).setBody(VERSION_BODY);
        }
        if (request.method() == HttpMethod.DELETE) {
            return delete(request);
        }
        if (request.method() == HttpMethod.POST || request.method() == HttpMethod.PUT) {
            byte[] body = request.getBody().getBytes();
            MockResponse refusal = check(request.getPath(), read(new String(body, StandardCharsets.UTF_8)));
            return refusal != null ? refusal : super.dispatch(request);
        }
        return super.dispatch(request);
    }

    /** Learns the schemas of kinds that are defined, and refuses objects of these kinds that break them. */
    private MockResponse check(String path, JsonNode object) {
        if (path.startsWith(DEFINITIONS)) {
            JsonNode spec = object.path("spec");
            for (JsonNode version : spec.path("versions")) {
                String apiVersion =
                        spec.path("group").asText() + "/" + version.path("name").asText();
                schemas.put(apiVersion + "/" + spec.at("/names/kind").asText(), version.at("/schema/openAPIV3Schema"));
            }
            return null;
        }
        String kind = object.path("kind").asText();
        JsonNode schema = schemas.get(object.path("apiVersion").asText() + "/" + kind);
        if (schema == null || path.endsWith("/status")) {
            return null;
        }
        List<String> problems = SchemaCheck.problems(schema, object);
        if (problems.isEmpty()) {
            return null;
        }
        ObjectNode status = json.createObjectNode();
        status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure");
        status.put("reason", "Invalid").put("code", UNPROCESSABLE);
        status.put(
                "message",
                kind + " \"" + object.at("/metadata/name").asText() + "\" is invalid: " + String.join("; ", problems));
        return new MockResponse().setResponseCode(UNPROCESSABLE).setBody(status.toString());
    }

    private MockResponse delete(RecordedRequest request) {
        String path = request.getPath().split("\\?", 2)[0];
        JsonNode options = read(request.getUtf8Body());
        MockResponse found = handleGet(path);
        // A missing object and a collection are as the super class has them.
        if (found.code() != HttpURLConnection.HTTP_OK || options.isMissingNode()) {
            return super.handleDelete(path);
        }
        JsonNode present = read(found.getBody().readUtf8());
        String wantedUid = options.at("/preconditions/uid").asText("");
        if (!wantedUid.isEmpty()
                && !wantedUid.equals(present.at("/metadata/uid").asText())) {
            return new MockResponse().setResponseCode(HttpURLConnection.HTTP_CONFLICT);
        }
        String finalizer =
                switch (options.path("propagationPolicy").asText("")) {
                    case "Foreground" -> "foregroundDeletion";
                    case "Orphan" -> "orphan";
                    default -> null;
                };
        if (finalizer != null && present.at("/metadata/uid").isTextual()) {
            addFinalizer(path, (ObjectNode) present, finalizer, request);
        }
        return super.handleDelete(path);
    }

    private void addFinalizer(String path, ObjectNode present, String finalizer, RecordedRequest request) {
        ArrayNode finalizers = ((ObjectNode) present.get("metadata")).withArray("finalizers");
        for (JsonNode one : finalizers) {
            if (one.asText().equals(finalizer)) {
                return;
            }
        }
        finalizers.add(finalizer);
        super.dispatch(new RecordedRequest(
                request.getHttpVersion(),
                HttpMethod.PUT,
                path,
                Headers.builder().add("Content-Type", "application/json").build(),
                new Buffer().writeUtf8(present.toString())));
    }

    private JsonNode read(String body) {
        try {
            return body == null || body.isEmpty() ? json.missingNode() : json.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("body=" + body + " is not JSON", e);
        }
    }
}
