package dev.diskcryptnet.device;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * {@code devices.json}: the changes that stand on the host or may, in the order in which they were made.
 *
 * <pre>
 *   { "version": 1,
 *     "crc32c": "9a3f00c1",                of "content" as Jackson writes it without white space
 *     "content": {
 *       "bootId": "6f5a...",               of the machine's run in which the changes were made
 *       "changes": [ {"kind": "LinkAttribute", "interfaceName": "eth1", ..., "before": 65536, "after": 185000} ] } }
 * </pre>
 *
 * A journal without changes has no file. Not safe for use by several threads.
 */
public final class DeviceJournal {
    private static final int VERSION = 1;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<List<HostChange>> CHANGES = new TypeReference<>() {};

    private final DurableFile file;

    DeviceJournal(DurableFile file) {
        this.file = file;
    }

    /**
     * What the journal holds.
     *
     * @param bootId of the machine's run in which the changes were made
     * @param changes in the order in which they were made
     */
    public record Content(String bootId, List<HostChange> changes) {
        public Content {
            changes = List.copyOf(changes);
        }
    }

    /**
     * Reads the file.
     *
     * @return null when there is none
     * @throws StateException when it is not what was written, or a newer agent wrote it
     */
    public Content read() {
        try {
            byte[] bytes = file.read();
            return bytes == null ? null : decode(bytes);
        } catch (JsonProcessingException e) {
            throw unreadable("is not what an agent wrote (" + e.getOriginalMessage() + ")", e);
        } catch (IOException e) {
            throw failed("read", e);
        }
    }

    private Content decode(byte[] bytes) throws IOException {
        JsonNode root = JSON.readTree(bytes);
        JsonNode content = root.path("content");
        int version = root.path("version").asInt();
        if (version != VERSION) {
            throw unreadable("has version=" + version + ", this agent knows " + VERSION, null);
        }
        if (!crc32c(JSON.writeValueAsBytes(content)).equals(root.path("crc32c").asText())) {
            throw unreadable("does not fit its checksum", null);
        }
        List<HostChange> changes = JSON.readValue(JSON.treeAsTokens(content.path("changes")), CHANGES);
        return new Content(content.path("bootId").asText(), changes);
    }

    /** Makes {@code content} durable; without changes, removes the file. */
    public void write(Content content) {
        try {
            if (content.changes().isEmpty()) {
                file.delete();
            } else {
                file.replace(encode(content));
            }
        } catch (IOException e) {
            throw failed("written", e);
        }
    }

    private static byte[] encode(Content content) throws IOException {
        ObjectNode inner = JSON.createObjectNode().put("bootId", content.bootId());
        // With the type of the elements, which a bare list loses and with it their kinds.
        inner.set("changes", JSON.readTree(JSON.writerFor(CHANGES).writeValueAsBytes(content.changes())));
        ObjectNode root =
                JSON.createObjectNode().put("version", VERSION).put("crc32c", crc32c(JSON.writeValueAsBytes(inner)));
        root.set("content", inner);
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    }

    private static String crc32c(byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return String.format("%08x", sum.getValue());
    }

    private StateException unreadable(String what, Throwable cause) {
        return new StateException(
                StateException.Reason.UNREADABLE,
                "journal=" + file.path() + " " + what
                        + "; put the devices that it names right by hand and remove it, or use the agent that wrote it",
                cause);
    }

    private StateException failed(String what, IOException cause) {
        return new StateException(
                StateException.Reason.FAILED,
                "journal=" + file.path() + " cannot be " + what + ": " + cause
                        + "; nothing is changed on the host without it",
                cause);
    }
}
