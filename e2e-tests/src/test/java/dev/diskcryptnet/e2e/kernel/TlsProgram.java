package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A command-line TLS client on the client's host: it sends what it is told, and what it receives goes to a file. Its
 * input stays open, so that it is the server who ends the connection.
 */
final class TlsProgram implements AutoCloseable {
    private static final int PIECE_BYTES = 1 << 16;

    private final Process process;
    private final Path received;
    private final Path messages;
    private final Thread pump;
    private volatile long bytesPerSecond;

    private TlsProgram(Process process, Path received, Path messages) {
        this.process = process;
        this.received = received;
        this.messages = messages;
        this.pump = Thread.ofVirtual().start(this::pump);
    }

    /** {@code openssl s_client} with options of its own; it takes commands in what it is told to send. */
    static TlsProgram openssl(TestBed bed, Certificates certificates, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "openssl",
                "s_client",
                "-connect",
                bed.family().host() + ":443",
                "-brief",
                "-CAfile",
                certificates.authority().toString(),
                "-verify_return_error"));
        command.addAll(List.of(options));
        return start(bed, command);
    }

    /** {@code gnutls-cli}. */
    static TlsProgram gnutls(TestBed bed, Certificates certificates, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "gnutls-cli",
                "--port",
                "443",
                "--x509cafile",
                certificates.authority().toString(),
                "--logfile",
                Files.createTempFile(bed.directory(), "gnutls", ".log").toString()));
        command.addAll(List.of(options));
        command.add(bed.family().server);
        return start(bed, command);
    }

    private static TlsProgram start(TestBed bed, List<String> command) throws IOException {
        Path received = Files.createTempFile(bed.directory(), "received", ".bin");
        Path messages = Files.createTempFile(bed.directory(), "messages", ".log");
        Process process = new ProcessBuilder(bed.onClient(command.toArray(String[]::new)))
                .redirectError(messages.toFile())
                .start();
        return new TlsProgram(process, received, messages);
    }

    private void pump() {
        byte[] piece = new byte[PIECE_BYTES];
        try (InputStream in = process.getInputStream();
                OutputStream out = Files.newOutputStream(received)) {
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                out.write(piece, 0, read);
                if (bytesPerSecond > 0) {
                    LockSupport.parkNanos(read * 1_000_000_000L / bytesPerSecond);
                }
            }
        } catch (IOException e) {
            // The process was ended; what has come so far is in the file.
        }
    }

    /** Lets it take no more than this from now on; else it takes what there is. */
    TlsProgram paced(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
        return this;
    }

    /** Asks for an object, and for the connection to be closed after it. */
    void get(String path, String... fields) throws IOException {
        var request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n");
        for (String field : fields) {
            request.append(field).append("\r\n");
        }
        send(request + "\r\n");
    }

    void send(String text) throws IOException {
        process.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        process.getOutputStream().flush();
    }

    /** Waits until as many bytes have come. */
    void awaitReceived(long bytes, Duration limit) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (Files.size(received) < bytes) {
            if (!process.isAlive() || System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("receivedBytes=" + Files.size(received) + " of " + bytes + " within " + limit
                        + ", alive=" + process.isAlive() + ": " + messages());
            }
            Thread.sleep(5);
        }
    }

    /** Waits for its end, which is the server's doing, and returns what it received. */
    RecordedResponse response(Duration limit) throws IOException, InterruptedException {
        int exitCode = exitCode(limit);
        String messages = messages();
        if (exitCode != 0 || messages.contains("unexpected eof") || messages.contains("non-properly terminated")) {
            throw new AssertionError(
                    "exitCode=" + exitCode + " receivedBytes=" + Files.size(received) + ": " + messages);
        }
        return RecordedResponse.read(received);
    }

    /** Waits for its end. */
    int exitCode(Duration limit) throws IOException, InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError(
                    "not closed within " + limit + ", receivedBytes=" + Files.size(received) + ": " + messages());
        }
        pump.join();
        return process.exitValue();
    }

    /** What it said of the connection. */
    String messages() throws IOException {
        return Files.readString(messages, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        Files.deleteIfExists(received);
        Files.deleteIfExists(messages);
    }
}
