package dev.diskcryptnet.e2e.chart;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.BiConsumer;

/**
 * A Secret as Helm sends it: protobuf, after the four bytes {@code k8s\0} and within a {@code runtime.Unknown}. What is read
 * is what a release's Secret has: name, namespace, labels, data and type (k8s.io/api/core/v1/generated.proto).
 */
final class SecretMessage {
    private static final byte[] MAGIC = {'k', '8', 's', 0};

    private SecretMessage() {}

    static boolean isOne(byte[] body) {
        return body.length > MAGIC.length && Arrays.equals(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    static ObjectNode read(byte[] body) {
        ObjectNode secret = new ObjectMapper().createObjectNode();
        secret.put("apiVersion", "v1").put("kind", "Secret");
        ObjectNode metadata = secret.putObject("metadata");
        ObjectNode labels = metadata.putObject("labels");
        ObjectNode data = secret.putObject("data");
        fields(Arrays.copyOfRange(body, MAGIC.length, body.length), (unknownField, raw) -> {
            if (unknownField != 2) {
                return;
            }
            fields(raw, (field, value) -> {
                switch (field) {
                    case 1 -> readMetadata(value, metadata, labels);
                    case 2 ->
                        entry(
                                value,
                                (key, bytes) ->
                                        data.put(key, Base64.getEncoder().encodeToString(bytes)));
                    case 3 -> secret.put("type", text(value));
                    default -> {}
                }
            });
        });
        return secret;
    }

    private static void readMetadata(byte[] message, ObjectNode metadata, ObjectNode labels) {
        fields(message, (field, value) -> {
            switch (field) {
                case 1 -> metadata.put("name", text(value));
                case 3 -> metadata.put("namespace", text(value));
                case 11 -> entry(value, (key, bytes) -> labels.put(key, text(bytes)));
                default -> {}
            }
        });
    }

    /** An entry of a map is a message of a key, 1, and a value, 2. */
    private static void entry(byte[] message, BiConsumer<String, byte[]> consumer) {
        byte[][] keyAndValue = {{}, {}};
        fields(message, (field, value) -> keyAndValue[field - 1] = value);
        consumer.accept(text(keyAndValue[0]), keyAndValue[1]);
    }

    /** Hands over the fields that have a length; numbers are passed over. */
    private static void fields(byte[] message, BiConsumer<Integer, byte[]> consumer) {
        int[] at = {0};
        while (at[0] < message.length) {
            long tag = varint(message, at);
            switch ((int) (tag & 7)) {
                case 0 -> varint(message, at);
                case 1 -> at[0] += 8;
                case 2 -> {
                    int length = (int) varint(message, at);
                    consumer.accept((int) (tag >> 3), Arrays.copyOfRange(message, at[0], at[0] + length));
                    at[0] += length;
                }
                case 5 -> at[0] += 4;
                default -> throw new IllegalArgumentException("wireType=" + (tag & 7) + " at=" + at[0]);
            }
        }
    }

    private static long varint(byte[] message, int[] at) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = message[at[0]++];
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
