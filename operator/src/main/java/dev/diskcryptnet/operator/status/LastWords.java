package dev.diskcryptnet.operator.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.crds.Reason;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import java.util.Objects;

/**
 * Why a container ended. An agent leaves one line of JSON for this, {@code {"reason":..,"device":..,"message":..}}; of one
 * that could not, the kubelet keeps the last lines of its log.
 *
 * @param text on one line, for a message
 */
record LastWords(Reason reason, String text) {
    /** Exit status of an agent that may not use a device: part of its command line's contract. */
    private static final int DEVICE_REFUSED = 3;

    private static final int LONGEST = 600;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    static LastWords of(ContainerStateTerminated end) {
        String message = Objects.requireNonNullElse(end.getMessage(), "").strip();
        JsonNode said = read(message);
        if (said.path("message").isTextual()) {
            return new LastWords(reason(said.path("reason").asText()), text(said));
        }
        Reason reason = Objects.equals(end.getExitCode(), DEVICE_REFUSED) ? Reason.DeviceFailed : Reason.AgentNotReady;
        String how = "exit status " + end.getExitCode()
                + (end.getReason() == null || end.getReason().equals("Error") ? "" : " (" + end.getReason() + ")");
        return new LastWords(reason, message.isEmpty() ? how + "; see its log" : how + ": " + shortened(message));
    }

    private static JsonNode read(String message) {
        try {
            return message.startsWith("{") ? MAPPER.readTree(message) : MAPPER.missingNode();
        } catch (JsonProcessingException e) {
            return MAPPER.missingNode();
        }
    }

    private static String text(JsonNode said) {
        String message = said.path("message").asText();
        String device = said.path("device").asText("");
        return shortened(message.contains(device) ? message : "device=" + device + ": " + message);
    }

    private static Reason reason(String name) {
        for (Reason reason : Reason.values()) {
            if (reason.name().equals(name)) {
                return reason;
            }
        }
        return Reason.AgentNotReady;
    }

    /** The end of a log says more than its beginning. */
    private static String shortened(String message) {
        String line = message.replaceAll("\\s+", " ");
        return line.length() <= LONGEST ? line : "…" + line.substring(line.length() - LONGEST);
    }
}
