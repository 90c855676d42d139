package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One HTTP/1.1 response in a file: head, then body to the file's end.
 *
 * @param head without the empty line
 * @param sha256 of the body
 */
record RecordedResponse(String head, long bodyBytes, String sha256) {
    private static final int MAX_HEAD_BYTES = 4096;

    static RecordedResponse read(Path file) throws IOException {
        String start;
        try (InputStream in = Files.newInputStream(file)) {
            start = new String(in.readNBytes(MAX_HEAD_BYTES), StandardCharsets.ISO_8859_1);
        }
        int end = start.indexOf("\r\n\r\n");
        if (end < 0 || !start.startsWith("HTTP/1.1 ")) {
            throw new AssertionError("no response but: " + start);
        }
        long bodyBytes = Files.size(file) - end - 4;
        return new RecordedResponse(start.substring(0, end), bodyBytes, Sha256.of(file, end + 4, bodyBytes));
    }

    int status() {
        return Integer.parseInt(head.split(" ")[1]);
    }
}
