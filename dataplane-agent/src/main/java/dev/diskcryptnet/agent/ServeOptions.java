package dev.diskcryptnet.agent;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** What {@code serve} is told beside the configuration: things of this machine and this run, not of the node. */
final class ServeOptions {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "The spec of a StreamingNode, or a whole StreamingNode resource, as YAML.")
    Path config;

    @Option(
            names = "--admin",
            paramLabel = "ADDRESS:PORT",
            converter = HostPort.Converter.class,
            description =
                    "Where health, metrics, status and objects are served, and a drain is asked for; when not given, "
                            + "127.0.0.1 and the configuration's agent.adminPort, 9464 by default. Port 0 takes a free "
                            + "one, which the log names.")
    HostPort admin;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description =
                    "File with the token that uploads, removals and a drain must show. Without it they are refused.")
    Path tokenFile;

    @Option(
            names = "--tls-directory",
            paramLabel = "DIR",
            defaultValue = "/etc/dcn/tls",
            description = "Where the secrets of TLS listeners lie: DIR/NAME/tls.crt and DIR/NAME/tls.key, in PEM, as "
                    + "Secrets of type kubernetes.io/tls are mounted. Changed files are loaded within 5 s. "
                    + "${DEFAULT-VALUE} when not given.")
    Path tlsDirectory;

    @Option(
            names = "--state-directory",
            paramLabel = "DIR",
            description =
                    "Where to write down what is changed on the host before it is changed, so that the next start, or "
                            + "dcn-agent release, puts it right after a crash. Made when missing; for one agent only. "
                            + "Without it changes are taken back at an orderly end only.")
    Path stateDirectory;

    @Option(
            names = "--cpus",
            paramLabel = "CPU",
            split = ",",
            description =
                    "Processors to pin the workers to, one each, for example 0,1. Without it the kernel places the "
                            + "workers, unless workers.dedicated is set: then each gets one of the processors allowed.")
    List<Integer> cpus = List.of();

    @Option(
            names = "--pcap",
            paramLabel = "FILE",
            description =
                    "Records all frames of all ports to FILE, for tcpdump or Wireshark. Slow; for finding faults.")
    Path pcap;

    @Option(
            names = "--fault",
            paramLabel = "SPEC",
            description =
                    "Spoils frames on purpose, for tests: shares to drop, duplicate, reorder and corrupt, and a delay, "
                            + "for example drop=0.02,reorder=0.02,delay=5ms,seed=7; rx. or tx. before a name for one direction.")
    String fault;
}
