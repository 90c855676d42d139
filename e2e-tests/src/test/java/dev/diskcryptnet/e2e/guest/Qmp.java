package dev.diskcryptnet.e2e.guest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** QEMU's machine protocol: commands one at a time, events as they come. */
final class Qmp implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LIMIT_SECONDS = 30;

    private final SocketChannel socket;
    private final Consumer<JsonNode> events;
    private final BlockingQueue<JsonNode> replies = new LinkedBlockingQueue<>();

    /**
     * @param events is given events, on a thread of its own, and must not wait for a command's reply
     * @throws IOException when QEMU does not listen there (yet)
     */
    Qmp(Path socketFile, Consumer<JsonNode> events) throws IOException {
        this.events = events;
        socket = SocketChannel.open(UnixDomainSocketAddress.of(socketFile));
        Thread.ofPlatform().daemon().name("guest qmp").start(this::read);
        command("{\"execute\": \"qmp_capabilities\"}");
    }

    /**
     * Runs a command.
     *
     * @return its {@code return} member
     * @throws GuestException with QEMU's message when it is refused, or when there is no reply
     */
    synchronized JsonNode command(String json) {
        try {
            // On one line, as it is read by lines on this side too.
            ByteBuffer line = StandardCharsets.UTF_8.encode(JSON.readTree(json) + "\n");
            while (line.hasRemaining()) {
                socket.write(line);
            }
            JsonNode reply = replies.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
            if (reply == null || reply.has("error")) {
                throw new GuestException("qmp=" + json + ": "
                        + (reply == null ? "no reply" : reply.at("/error/desc").asText()));
            }
            return reply.get("return");
        } catch (IOException e) {
            throw new GuestException("qmp=" + json + ": QEMU has ended", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GuestException("interrupted in qmp=" + json, e);
        }
    }

    private void read() {
        try (var lines = new BufferedReader(Channels.newReader(socket, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode message = JSON.readTree(line);
                if (message.has("event")) {
                    events.accept(message);
                } else if (!message.has("QMP")) {
                    replies.add(message);
                }
            }
        } catch (IOException e) {
            ObjectNode gone = JSON.createObjectNode();
            gone.putObject("error").put("desc", "QEMU has ended: " + e);
            replies.add(gone);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
