package dev.diskcryptnet.admin;

import dev.diskcryptnet.volume.ContentTypes;
import dev.diskcryptnet.volume.StoredObject;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What each endpoint answers. Called off the event loop: calls may block. */
final class Endpoints {
    private static final int DEFAULT_LIMIT = 1000;
    private static final int DEFAULT_CONNECTIONS = 100;
    private static final int MAX_LIMIT = 10_000;
    private static final String BEARER = "Bearer ";

    private final String token;
    private final Supplier<AgentStatus> status;
    private final AgentMetrics metrics;
    private final ObjectStore store;
    private final ConnectionSource connections;
    private final Supplier<AgentStatus.Drain> drain;
    private final LogControl log;

    Endpoints(
            String token,
            Supplier<AgentStatus> status,
            AgentMetrics metrics,
            ObjectStore store,
            ConnectionSource connections,
            Supplier<AgentStatus.Drain> drain,
            LogControl log) {
        this.token = token;
        this.status = status;
        this.metrics = metrics;
        this.store = store;
        this.connections = connections;
        this.drain = drain;
        this.log = log;
    }

    /** One object, as lists and replies show it. */
    private record ObjectView(
            String path, long sizeBytes, String contentType, String etag, String lastModified, int disk) {
        static ObjectView of(StoredObject object) {
            return new ObjectView(
                    object.path(),
                    object.sizeBytes(),
                    object.contentType(),
                    object.etag(),
                    Instant.ofEpochMilli(object.lastModifiedMs()).toString(),
                    object.disk());
        }
    }

    /** A page of a list; {@code next} is what to give as {@code after} for the one that follows, absent on the last. */
    private record ObjectList(List<ObjectView> objects, String next) {}

    /** A refusal that needs nothing but the head, or null to go on. */
    Reply refusal(Target target, HttpMethod method, HttpHeaders headers) {
        if (target.kind() == Target.Kind.MALFORMED) {
            return Reply.error(400, "the target is malformed", "percent-encode the path as UTF-8");
        }
        if (target.kind() == Target.Kind.NONE) {
            return Reply.error(
                    404,
                    "there is no such endpoint",
                    "use /healthz, /readyz, /metrics, /v1/status, /v1/connections, /v1/drain, /v1/log-level, /v1/access-log or"
                            + " /v1/objects; / is a page for people");
        }
        if (!target.allows(method)) {
            return Reply.error(405, "method=" + method + " is not for this", "use " + target.allowed())
                    .with("Allow", target.allowed());
        }
        boolean put = method.equals(HttpMethod.PUT);
        boolean changes = put || method.equals(HttpMethod.DELETE) || method.equals(HttpMethod.POST);
        Reply refusal = changes ? unauthorised(headers) : null;
        boolean content =
                headers.contains(HttpHeaderNames.CONTENT_LENGTH) || headers.contains(HttpHeaderNames.TRANSFER_ENCODING);
        if (refusal == null && put && !content) {
            return Reply.error(411, "the content's length is not said", "send Content-Length, or chunked content");
        }
        return refusal;
    }

    private Reply unauthorised(HttpHeaders headers) {
        if (token == null) {
            return Reply.error(403, "changes are not allowed here", "start the agent with an admin token");
        }
        String given = headers.get(HttpHeaderNames.AUTHORIZATION);
        if (given == null || !given.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Reply.error(401, "a change needs the admin token", "send Authorization: Bearer TOKEN")
                    .with("WWW-Authenticate", "Bearer realm=\"dcn\"");
        }
        byte[] expected = token.getBytes(StandardCharsets.UTF_8);
        byte[] shown = given.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(expected, shown)
                ? null
                : Reply.error(403, "the token is not the admin token", "use the token that the agent was started with");
    }

    /** Answers everything but an upload. */
    Reply answer(Target target, HttpMethod method, HttpHeaders headers) {
        return switch (target.kind()) {
            case HEALTH -> Reply.json(200, Map.of("status", "alive"));
            case READINESS -> readiness();
            case METRICS -> metrics.scrape(headers.get(HttpHeaderNames.ACCEPT));
            case STATUS -> Reply.json(200, status.get()).with("Cache-Control", "no-store");
            case DRAIN -> Reply.json(202, drain.get());
            case CONNECTIONS -> connections(target);
            case PAGE -> PageFiles.answer(target.query().path(), headers);
            case LOG_LEVEL -> logLevel();
            case ACCESS_LOG -> accessLog();
            case OBJECTS -> list(target);
            case OBJECT -> method.equals(HttpMethod.DELETE) ? delete(target.objectPath()) : show(target.objectPath());
            case NONE, MALFORMED -> throw new IllegalStateException("target=" + target + " was not refused");
        };
    }

    /** Content of GET and PUT {@code /v1/log-level}. */
    private record LogLevel(String level) {}

    private Reply logLevel() {
        return Reply.json(200, new LogLevel(log.level())).with("Cache-Control", "no-store");
    }

    /** Content of GET and PUT {@code /v1/access-log}. */
    private record AccessLog(int every) {}

    private Reply accessLog() {
        return Reply.json(200, new AccessLog(log.accessLogEvery())).with("Cache-Control", "no-store");
    }

    /** Answers a PUT of a setting: its value, bare or as a member of a JSON object. */
    Reply set(Target target, String content) {
        return target.kind() == Target.Kind.LOG_LEVEL ? setLogLevel(content) : setAccessLog(content);
    }

    private Reply setAccessLog(String content) {
        String number = Reply.text(content, "every");
        boolean known = number != null && number.matches("\\d{1,9}");
        return known && log.setAccessLogEvery(Integer.parseInt(number))
                ? accessLog()
                : Reply.error(
                        400,
                        "the content is not a number from 0 to 1000000",
                        "send 100 to have one of a hundred responses logged, 0 for none");
    }

    private Reply setLogLevel(String content) {
        String name = Reply.text(content, "level");
        return name != null && log.setLevel(name)
                ? logLevel()
                : Reply.error(400, "the content is not a level", "send error, warn, info, debug or trace");
    }

    private Reply readiness() {
        AgentStatus now = status.get();
        return Reply.json(
                now.ready() ? 200 : 503, new Readiness(now.ready(), now.servingReason(), now.notReadyReasons()));
    }

    /**
     * Body of {@code /readyz}.
     *
     * @param reason of the condition Serving
     * @param reasons sentences; empty when ready
     */
    private record Readiness(boolean ready, String reason, List<String> reasons) {}

    /** Content of {@code /v1/connections}. @param truncated whether there may be more of them */
    private record ConnectionList(List<ConnectionSource.Connection> connections, boolean truncated) {}

    private Reply connections(Target target) {
        int limit = limit(target, DEFAULT_CONNECTIONS);
        if (limit < 1) {
            return badLimit(DEFAULT_CONNECTIONS);
        }
        try {
            List<ConnectionSource.Connection> found = connections.find(
                    target.parameter("remote", ""), target.parameter("state", ""), target.parameter("path", ""), limit);
            return Reply.json(200, new ConnectionList(found, found.size() == limit))
                    .with("Cache-Control", "no-store");
        } catch (IllegalArgumentException e) {
            return Reply.error(400, e.getMessage(), "leave the filter out, or mend it");
        }
    }

    /** What a list is bounded to, or 0 when the target says something else than a bound. */
    private static int limit(Target target, int usual) {
        try {
            int limit = Integer.parseInt(target.parameter("limit", "" + usual));
            return limit <= MAX_LIMIT ? limit : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static Reply badLimit(int usual) {
        return Reply.error(400, "limit is not a number from 1 to " + MAX_LIMIT, "leave it out for " + usual);
    }

    private Reply list(Target target) {
        int limit = limit(target, DEFAULT_LIMIT);
        if (limit < 1) {
            return badLimit(DEFAULT_LIMIT);
        }
        // One more than is shown tells whether another page follows.
        List<StoredObject> found = store.list(target.parameter("prefix", ""), target.parameter("after", ""), limit + 1);
        List<ObjectView> shown = found.stream().limit(limit).map(ObjectView::of).toList();
        return Reply.json(
                200,
                new ObjectList(shown, found.size() > limit ? shown.getLast().path() : null));
    }

    private Reply show(String path) {
        StoredObject object = store.find(path);
        return object == null ? missing(path) : Reply.json(200, ObjectView.of(object));
    }

    private Reply delete(String path) {
        return store.remove(path) ? Reply.empty(204) : missing(path);
    }

    private static Reply missing(String path) {
        return Reply.error(404, "path=" + path + " has no object", "list the objects with GET /v1/objects");
    }

    /** Begins an upload. A media type that says nothing gives way to the one of the path's extension. */
    ObjectStore.Upload create(String path, HttpHeaders headers) {
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
        if (type == null || type.equals(ContentTypes.DEFAULT) || type.equals("application/x-www-form-urlencoded")) {
            type = ContentTypes.of(path);
        }
        if (!type.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new StoreException(
                    StoreException.Reason.BAD_NAME, "path=" + path + " has a media type that is not ASCII", null);
        }
        String condition = headers.get(HttpHeaderNames.IF_NONE_MATCH);
        if (condition != null && !condition.equals("*")) {
            throw new StoreException(
                    StoreException.Reason.BAD_NAME,
                    "If-None-Match=" + condition + " is not understood here; use * not to replace an object",
                    null);
        }
        boolean onlyIfAbsent = condition != null;
        if (onlyIfAbsent && store.find(path) != null) {
            throw new StoreException(
                    StoreException.Reason.EXISTS,
                    "path=" + path + " has an object; leave If-None-Match out to replace it",
                    null);
        }
        long length = contentLength(headers);
        return store.create(path, type, length, onlyIfAbsent);
    }

    private static long contentLength(HttpHeaders headers) {
        // The decoder has checked it, and has taken it away from a chunked request.
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        return length == null ? -1 : Long.parseLong(length);
    }

    /** Ends an upload: 201 for a new object, 204 for a replacement. */
    Reply commit(ObjectStore.Upload upload, String path) {
        boolean created = upload.commit();
        StoredObject object = store.find(path);
        if (object == null) {
            return Reply.error(409, "path=" + path + " was removed as soon as it was stored", "store it again");
        }
        Reply reply = created ? Reply.json(201, ObjectView.of(object)) : Reply.empty(204);
        return reply.with("ETag", object.etag());
    }

    /** What a failure of the store, or a defect of ours, is answered with. */
    static Reply failure(Throwable cause) {
        if (cause instanceof StoreException e) {
            Reply reply = Reply.error(e.status(), e.getMessage(), remedy(e.reason()));
            return e.reason() == StoreException.Reason.READ_ONLY ? reply.with("Retry-After", "30") : reply;
        }
        return Reply.error(500, "the request failed: " + cause, "look at the agent's log");
    }

    private static String remedy(StoreException.Reason reason) {
        return switch (reason) {
            case BAD_NAME -> "use an absolute path without empty or dot segments, and a short media type";
            case EXISTS -> "leave If-None-Match out to replace the object";
            case READ_ONLY -> "look at the disks in /v1/status";
            case NO_SPACE -> "remove objects or add a disk";
            case FAILED -> "look at the agent's log and at the disks in /v1/status";
        };
    }
}
