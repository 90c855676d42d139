package dev.diskcryptnet.e2e.guest;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The host's end of the guest's command port; what goes over it says {@code e2e-tests/guest/inside/serve}. One connection
 * lives from a start of the guest to its reset: a reset cuts answers off in the middle.
 */
final class GuestChannel implements AutoCloseable {
    private final SocketChannel socket;
    private final CompletableFuture<String> ready = new CompletableFuture<>();
    private final Map<Integer, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicInteger ids = new AtomicInteger();
    private volatile String end;

    private record Pending(String command, CompletableFuture<CommandResult> result) {}

    /** @throws IOException when QEMU does not listen there (yet) */
    GuestChannel(Path socketFile) throws IOException {
        socket = SocketChannel.open(UnixDomainSocketAddress.of(socketFile));
        Thread.ofPlatform().daemon().name("guest answers").start(this::readAnswers);
    }

    /** Completes with the id of the boot when the guest takes commands. */
    CompletableFuture<String> ready() {
        return ready;
    }

    /** Sends a command; the result comes when it ends, and fails with GuestException when the connection does before. */
    CompletableFuture<CommandResult> start(String command, byte[] input, Duration limit) {
        var started = new Pending(command, new CompletableFuture<>());
        int id = ids.incrementAndGet();
        pending.put(id, started);
        byte[] text = command.getBytes(StandardCharsets.UTF_8);
        String head = id + " " + Math.max(1, limit.toSeconds()) + " " + text.length + " " + input.length + "\n";
        try {
            send(head.getBytes(StandardCharsets.UTF_8), text, input);
        } catch (IOException e) {
            pending.remove(id);
            throw new GuestException("the guest takes no commands: " + (end == null ? e : end), e);
        }
        if (end != null) {
            failAll();
        }
        return started.result();
    }

    private synchronized void send(byte[]... parts) throws IOException {
        for (byte[] part : parts) {
            ByteBuffer left = ByteBuffer.wrap(part);
            while (left.hasRemaining()) {
                socket.write(left);
            }
        }
    }

    private void readAnswers() {
        try (InputStream stream = Channels.newInputStream(socket);
                var in = new DataInputStream(new BufferedInputStream(stream))) {
            for (String line = readLine(in); line != null; line = readLine(in)) {
                take(line.split(" "), in);
            }
            end("QEMU closed the connection");
        } catch (IOException | RuntimeException e) {
            end(e.toString());
        }
    }

    private static String readLine(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                return null;
            }
            line.append((char) next);
        }
        return line.toString();
    }

    private void take(String[] words, DataInputStream in) throws IOException {
        if (words[0].equals("ready")) {
            ready.complete(words[1]);
            return;
        }
        int id = Integer.parseInt(words[1]);
        byte[] output = in.readNBytes(Integer.parseInt(words[3]));
        byte[] errorOutput = in.readNBytes(Integer.parseInt(words[4]));
        Pending answered = pending.remove(id);
        answered.result()
                .complete(new CommandResult(answered.command(), Integer.parseInt(words[2]), output, errorOutput));
    }

    /** Ends the connection; commands that were not answered fail with {@code why}. */
    void end(String why) {
        if (end == null) {
            end = why;
        }
        try {
            socket.close();
        } catch (IOException e) {
            end += ", " + e;
        }
        failAll();
    }

    private void failAll() {
        ready.completeExceptionally(new GuestException("the guest is not ready: " + end));
        for (Integer id : pending.keySet()) {
            Pending cut = pending.remove(id);
            if (cut != null) {
                cut.result()
                        .completeExceptionally(
                                new GuestException("no answer to command=" + cut.command() + ": " + end));
            }
        }
    }

    @Override
    public void close() {
        end("closed");
    }
}
