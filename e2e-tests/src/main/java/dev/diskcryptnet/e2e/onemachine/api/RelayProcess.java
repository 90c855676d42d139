package dev.diskcryptnet.e2e.onemachine.api;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The half of the way to a given API server that is outside of the control plane's namespace. The first who connects is
 * {@link ApiServerProcess}, its other half, and this one ends with it.
 */
@Command(name = "api-relay")
public final class RelayProcess implements Callable<Integer> {
    /** Nobody needs a way that nobody took by then. */
    private static final int FIRST_LIMIT_SECONDS = 60;

    @Option(names = "--socket", required = true)
    Path socket;

    @Option(names = "--target-host", required = true)
    String host;

    @Option(names = "--target-port", required = true)
    int port;

    private RelayProcess() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RelayProcess()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        var impatience =
                new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().factory());
        impatience.schedule(() -> Runtime.getRuntime().halt(1), FIRST_LIMIT_SECONDS, TimeUnit.SECONDS);
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            // Under another name until only its owner may connect.
            Path unready = socket.resolveSibling(socket.getFileName() + ".new");
            listener.bind(UnixDomainSocketAddress.of(unready));
            Files.setPosixFilePermissions(unready, PosixFilePermissions.fromString("rw-------"));
            Files.move(unready, socket);
            SocketChannel lifeline = listener.accept();
            impatience.shutdownNow();
            Thread.ofPlatform().daemon().name("accept").start(() -> serve(listener));
            while (lifeline.read(ByteBuffer.allocate(1)) >= 0) {
                // Nothing is ever said; only the end counts.
                continue;
            }
        }
        return 0;
    }

    private void serve(ServerSocketChannel listener) {
        try {
            Relay.serve(listener, new InetSocketAddress(host, port));
        } catch (IOException e) {
            System.err.println("socket=" + socket + " takes no connections any more: " + e.getMessage());
        }
    }
}
