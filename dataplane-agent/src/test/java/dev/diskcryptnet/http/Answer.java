package dev.diskcryptnet.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/** A plan, read as a client would: strictly. */
record Answer(
        int status,
        String statusLine,
        Map<String, String> fields,
        String madeBody,
        String resourcePieces,
        int headLength,
        boolean keepAlive) {
    static Answer of(ResponsePlan plan) {
        var made = new ByteArrayOutputStream();
        var resource = new StringJoiner(" ");
        for (ResponsePlan.Piece piece : plan.pieces()) {
            if (piece.bytes() != null) {
                made.writeBytes(piece.bytes());
            } else {
                resource.add(piece.resourceOffset() + "+" + piece.lengthBytes());
            }
        }
        String text = made.toString(StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        String[] lines = text.substring(0, end).split("\r\n");
        Map<String, String> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(": ");
            if (fields.put(lines[i].substring(0, colon), lines[i].substring(colon + 2)) != null) {
                throw new AssertionError("line=" + lines[i] + " is there twice");
            }
        }
        int status = Integer.parseInt(lines[0].substring(9, 12));
        if (status != plan.status() || plan.keepAlive() == "close".equals(fields.get("Connection"))) {
            throw new AssertionError("plan and head differ: " + lines[0] + " keepAlive=" + plan.keepAlive());
        }
        return new Answer(
                status, lines[0], fields, text.substring(end + 4), resource.toString(), end + 4, plan.keepAlive());
    }

    String field(String name) {
        return fields.get(name);
    }
}
