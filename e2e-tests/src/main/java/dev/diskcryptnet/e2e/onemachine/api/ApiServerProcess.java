package dev.diskcryptnet.e2e.onemachine.api;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * An API server as a process, or the way to one that runs elsewhere: runs until it is killed. It writes the kubeconfig
 * file when clients are answered.
 */
@Command(name = "api-server")
public final class ApiServerProcess implements Callable<Integer> {
    @Option(names = "--address", required = true)
    String address;

    @Option(names = "--port", required = true, description = "A server with programs chooses its own.")
    int port;

    @Option(names = "--kubeconfig", required = true)
    Path kubeconfig;

    @Option(names = "--programs", description = "Directory of kube-apiserver and etcd; without it, in memory.")
    Path programs;

    @Option(names = "--directory", description = "What kube-apiserver and etcd keep.")
    Path directory;

    @Option(names = "--given", description = "Kubeconfig of a server elsewhere, which is reached through --socket.")
    Path given;

    @Option(names = "--socket", description = "Of the process that leads out of this network namespace.")
    Path socket;

    private static final Duration RELAY_LIMIT = Duration.ofSeconds(30);

    private ApiServerProcess() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ApiServerProcess()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (given != null) {
            return lead();
        }
        if (programs == null) {
            var server = new InMemoryApiServer(address, port);
            KubeConfigFile.write(kubeconfig, KubeConfigFile.plain(server.url()));
            Thread.currentThread().join();
            return 0;
        }
        var server = new RealApiServer(programs, directory, address);
        KubeConfigFile.write(kubeconfig, server.start());
        server.awaitEnd();
        System.err.println("kube-apiserver or etcd ended");
        return 1;
    }

    /** Listens where the server does outside, and leads there. */
    private int lead() throws IOException, InterruptedException {
        UnixDomainSocketAddress way = UnixDomainSocketAddress.of(socket);
        long deadlineNs = System.nanoTime() + RELAY_LIMIT.toNanos();
        while (!Files.exists(socket)) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new IOException("socket=" + socket + " was not made");
            }
            Thread.sleep(20);
        }
        try (SocketChannel lifeline = SocketChannel.open(way);
                ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getByName(address), port));
            Thread.ofPlatform().daemon().name("accept").start(() -> serve(listener, way));
            try (var client = Clients.of(given)) {
                System.out.println("API server version "
                        + client.getKubernetesVersion().getGitVersion() + " at " + client.getMasterUrl());
            }
            KubeConfigFile.write(kubeconfig, Files.readString(given));
            while (lifeline.read(ByteBuffer.allocate(1)) >= 0) {
                // Nothing is ever said; only the end counts.
                continue;
            }
        }
        System.err.println("the way to the API server has ended");
        return 1;
    }

    private void serve(ServerSocketChannel listener, UnixDomainSocketAddress way) {
        try {
            Relay.serve(listener, way);
        } catch (IOException e) {
            System.err.println(
                    "address=" + address + " port=" + port + " takes no connections any more: " + e.getMessage());
        }
    }
}
