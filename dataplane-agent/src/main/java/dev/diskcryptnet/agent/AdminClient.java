package dev.diskcryptnet.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;

/** Asks an agent's admin endpoint. The base module's own client will do, and keeps the image small. */
final class AdminClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int TIMEOUT_MS = 10_000;

    private final HostPort admin;
    private final String token;

    AdminClient(HostPort admin, String token) {
        this.admin = admin;
        this.token = token;
    }

    /** @throws CommandException when the endpoint is not there or refuses */
    JsonNode get(String target) {
        return ask("GET", target);
    }

    /** As {@link #get}, and null when nobody listens there any more. */
    JsonNode getWhileItLives(String target) {
        try {
            return ask("GET", target);
        } catch (CommandException e) {
            if (e.getCause() instanceof ConnectException) {
                return null;
            }
            throw e;
        }
    }

    /** @throws CommandException when the endpoint is not there or refuses */
    JsonNode post(String target) {
        return ask("POST", target);
    }

    private JsonNode ask(String method, String target) {
        try {
            var connection = (HttpURLConnection) uri(target).toURL().openConnection();
            connection.setRequestMethod(method);
            connection.setConnectTimeout(TIMEOUT_MS);
            connection.setReadTimeout(TIMEOUT_MS);
            connection.setRequestProperty("Authorization", "Bearer " + token);
            int status = connection.getResponseCode();
            InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream();
            JsonNode answer = body == null ? JSON.createObjectNode() : JSON.readTree(body.readAllBytes());
            if (status < 400) {
                return answer;
            }
            throw new CommandException(
                    status == 401 || status == 403 ? ExitCode.REFUSED : ExitCode.FAILED,
                    "admin=" + admin + " refuses " + target + " with status=" + status + ": "
                            + answer.path("error").asText() + "; "
                            + answer.path("remedy").asText());
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "admin=" + admin + " does not answer (" + e.getMessage()
                            + "); start the agent, or give the address that its log names as admin-listening",
                    e);
        }
    }

    private URI uri(String target) {
        return URI.create("http://" + admin + target);
    }
}
