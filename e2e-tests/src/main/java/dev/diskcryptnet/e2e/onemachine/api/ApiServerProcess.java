package dev.diskcryptnet.e2e.onemachine.api;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** An API server as a process: runs until it is killed. It writes the kubeconfig file when it is ready. */
@Command(name = "api-server")
public final class ApiServerProcess implements Callable<Integer> {
    @Option(names = "--address", required = true)
    String address;

    @Option(names = "--port", required = true, description = "Of the server in memory; a real one chooses its own.")
    int port;

    @Option(names = "--kubeconfig", required = true)
    Path kubeconfig;

    @Option(names = "--programs", description = "Directory of kube-apiserver and etcd; without it, in memory.")
    Path programs;

    @Option(names = "--directory", description = "What kube-apiserver and etcd keep.")
    Path directory;

    private ApiServerProcess() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ApiServerProcess()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
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
}
