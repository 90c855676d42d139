package dev.diskcryptnet.admin;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * What a request is about.
 *
 * @param kind which endpoint
 * @param objectPath for {@link Kind#OBJECT}, else null
 * @param query decoded parameters
 */
record Target(Kind kind, String objectPath, QueryStringDecoder query) {
    private static final String OBJECTS = "/v1/objects";
    private static final Set<HttpMethod> READ = Set.of(HttpMethod.GET, HttpMethod.HEAD);
    private static final Set<HttpMethod> ORDER = Set.of(HttpMethod.POST);
    private static final Set<HttpMethod> SETTING = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT);
    private static final Set<HttpMethod> CHANGE =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT, HttpMethod.DELETE);

    enum Kind {
        HEALTH,
        READINESS,
        METRICS,
        STATUS,
        DRAIN,
        CONNECTIONS,
        OBJECTS,
        OBJECT,
        LOG_LEVEL,
        ACCESS_LOG,
        /** A file of the page. */
        PAGE,
        /** No such endpoint. */
        NONE,
        /** Not a target that can be decoded. */
        MALFORMED
    }

    static Target of(HttpRequest request) {
        var query = new QueryStringDecoder(request.uri(), StandardCharsets.UTF_8);
        try {
            String path = query.path();
            query.parameters();
            // The decoder puts the replacement character where bytes are not UTF-8.
            if (path.indexOf('\ufffd') >= 0) {
                return new Target(Kind.MALFORMED, null, query);
            }
            Kind kind = kind(path);
            return new Target(kind, kind == Kind.OBJECT ? path.substring(OBJECTS.length()) : null, query);
        } catch (IllegalArgumentException e) {
            return new Target(Kind.MALFORMED, null, query);
        }
    }

    private static Kind kind(String path) {
        return switch (path) {
            case "/healthz" -> Kind.HEALTH;
            case "/readyz" -> Kind.READINESS;
            case "/metrics" -> Kind.METRICS;
            case "/v1/status" -> Kind.STATUS;
            case "/v1/drain" -> Kind.DRAIN;
            case "/v1/connections" -> Kind.CONNECTIONS;
            case "/v1/log-level" -> Kind.LOG_LEVEL;
            case "/v1/access-log" -> Kind.ACCESS_LOG;
            case OBJECTS, OBJECTS + "/" -> Kind.OBJECTS;
            default -> {
                if (path.startsWith(OBJECTS + "/")) {
                    yield Kind.OBJECT;
                }
                yield PageFiles.has(path) ? Kind.PAGE : Kind.NONE;
            }
        };
    }

    boolean allows(HttpMethod method) {
        return switch (kind) {
            case OBJECT -> CHANGE.contains(method);
            case DRAIN -> ORDER.contains(method);
            case LOG_LEVEL, ACCESS_LOG -> SETTING.contains(method);
            default -> READ.contains(method);
        };
    }

    /** Whether a PUT is a short text that is taken as a whole. */
    boolean isSetting() {
        return kind == Kind.LOG_LEVEL || kind == Kind.ACCESS_LOG;
    }

    /** Whether the answer may wait for a disk or a worker; health and metrics then do not. */
    boolean mayWait() {
        return kind == Kind.OBJECT || kind == Kind.OBJECTS || kind == Kind.CONNECTIONS;
    }

    /** For the Allow field. */
    String allowed() {
        return switch (kind) {
            case OBJECT -> "GET, HEAD, PUT, DELETE";
            case DRAIN -> "POST";
            case LOG_LEVEL, ACCESS_LOG -> "GET, HEAD, PUT";
            default -> "GET, HEAD";
        };
    }

    /** First value of a query parameter, or {@code otherwise}. */
    String parameter(String name, String otherwise) {
        List<String> values = query.parameters().get(name);
        return values == null ? otherwise : values.getFirst();
    }
}
