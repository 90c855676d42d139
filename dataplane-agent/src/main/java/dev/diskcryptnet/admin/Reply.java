package dev.diskcryptnet.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;

/** A response before it is on the wire. Fields may be added until it is sent. */
final class Reply {
    private static final ObjectMapper JSON =
            new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);

    private final int status;
    private final String contentType;
    private final byte[] body;
    private final Map<String, String> fields = new LinkedHashMap<>();

    Reply(int status, String contentType, byte[] body) {
        this.status = status;
        this.contentType = contentType;
        this.body = body;
    }

    static Reply json(int status, Object value) {
        try {
            return new Reply(status, "application/json", JSON.writeValueAsBytes(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("type=" + value.getClass().getName() + " has no JSON form", e);
        }
    }

    static Reply error(int status, String error, String remedy) {
        var body = new LinkedHashMap<String, String>();
        body.put("error", error);
        body.put("remedy", remedy);
        return json(status, body);
    }

    /** A text that is sent bare, or as a member of a JSON object; null when it is neither. */
    static String text(String content, String member) {
        if (!content.stripLeading().startsWith("{")) {
            return content.strip();
        }
        try {
            return JSON.readTree(content).path(member).asText(null);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    static Reply empty(int status) {
        return new Reply(status, null, new byte[0]);
    }

    Reply with(String name, String value) {
        fields.put(name, value);
        return this;
    }

    int status() {
        return status;
    }

    /** Null when there is no body. */
    String contentType() {
        return contentType;
    }

    byte[] body() {
        return body;
    }

    Map<String, String> fields() {
        return fields;
    }
}
