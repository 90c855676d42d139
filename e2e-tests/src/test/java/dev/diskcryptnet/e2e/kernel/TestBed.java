package dev.diskcryptnet.e2e.kernel;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Two hosts on this machine, joined by a veth pair: on one the agent with a volume in a file, on the other the kernel's
 * own TCP with whatever client a test runs. Closing it leaves nothing behind.
 *
 * <pre>
 *   namespace dcn-NAME-c   view 198.18.4.1/24  ======  port  namespace dcn-NAME-s   the agent is 198.18.4.2
 *                               fd00:198:18:4::1/64                                 and fd00:198:18:4::2
 *                          mgmt 198.18.5.1/30  ======  adm   198.18.5.2:9464
 * </pre>
 */
final class TestBed implements AutoCloseable {
    static final String CLIENT_ADDRESS = Family.ofThisRun().client;
    static final String SERVER_ADDRESS = Family.ofThisRun().server;
    static final String ADMIN = "198.18.5.2:9464";
    static final String AUTHORIZATION = "Authorization: Bearer secret-of-the-test";

    /** An emulated processor takes long; who does not get there on a real one ends much sooner. */
    private static final Duration READY_LIMIT = Duration.ofSeconds(240);

    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Path AGENT = ROOT.resolve("dataplane-agent/target/dist/bin/dcn-agent");

    private final Family family;
    private final String server;
    private final String client;
    private final Path directory;
    private final List<AgentProcess> agents = new ArrayList<>();
    /** Namespaces besides the two. */
    private final List<String> hosts = new ArrayList<>();

    private final StringBuilder listeners = new StringBuilder("- {port: 80}\n");
    private Certificates certificates;
    private String cryptEngine = "auto";
    private String drainTimeout = "2s";
    private boolean direct = true;
    private boolean hidesIpsecMb;
    private boolean goesFirst;
    private List<String> tracer = List.of();
    private String portName = "port";
    private String portDriver = System.getProperty("dcn.port.driver", "packet");

    private TestBed(String name, Family family, Path directory) {
        this.family = family;
        this.server = "dcn-" + name + "-s";
        this.client = "dcn-" + name + "-c";
        this.directory = directory;
    }

    /** @param name short, unique among test classes */
    static TestBed create(String name) throws IOException {
        return create(name, Family.ofThisRun());
    }

    /**
     * @param name short, unique among test classes
     * @param family of the addresses in URLs; the agent has both
     */
    static TestBed create(String name, Family family) throws IOException {
        // Beside the build, on a disk: a temporary directory may be in memory.
        Path parent = Files.createDirectories(Path.of("target/testbeds").toAbsolutePath());
        var bed = new TestBed(name, family, Files.createTempDirectory(parent, name));
        bed.removeNetwork();
        try {
            bed.createNetwork();
            return bed;
        } catch (RuntimeException e) {
            bed.close();
            throw e;
        }
    }

    private void createNetwork() {
        Run.checked("ip", "netns", "add", server);
        Run.checked("ip", "netns", "add", client);
        veth("view", "port");
        inServer("sysctl", "-qw", "net.ipv6.conf.port.disable_ipv6=1");
        inServer("ip", "link", "set", "port", "up");
        startView();
        veth("mgmt", "adm");
        inServer("ip", "address", "add", "198.18.5.2/30", "dev", "adm");
        inServer("ip", "link", "set", "adm", "up");
        inClient("ip", "address", "add", "198.18.5.1/30", "dev", "mgmt");
        inClient("ip", "link", "set", "mgmt", "up");
        inServer("ip", "link", "set", "lo", "up");
        inClient("ip", "link", "set", "lo", "up");
    }

    private void startView() {
        inClient("ip", "address", "add", Family.IPV4.client + "/24", "dev", "view");
        inClient("ip", "address", "add", Family.IPV6.client + "/64", "dev", "view", "nodad");
        inClient("ip", "link", "set", "view", "up");
    }

    private void veth(String clientEnd, String serverEnd) {
        Run.checked(
                "ip", "link", "add", clientEnd, "netns", client, "type", "veth", "peer", "name", serverEnd, "netns",
                server);
    }

    /**
     * Makes {@link #ADMIN} reachable from the host of the tests itself, for a program that cannot be run in a namespace; the
     * link goes with the agent's host.
     *
     * @param name of the link's end here, unique among test classes
     */
    void showAdminHere(String name) {
        Run.checked("ip", "link", "add", name, "type", "veth", "peer", "name", "tests", "netns", server);
        inServer("ip", "address", "add", "198.18.6.2/30", "dev", "tests");
        inServer("ip", "link", "set", "tests", "up");
        Run.checked("ip", "address", "add", "198.18.6.1/30", "dev", name);
        Run.checked("ip", "link", "set", name, "up");
        Run.checked("ip", "route", "add", ADMIN.substring(0, ADMIN.indexOf(':')), "via", "198.18.6.2", "dev", name);
    }

    /**
     * Makes a host that goes with the test bed.
     *
     * @param letter its namespace is dcn-NAME-LETTER, which is returned
     */
    String addHost(String letter) {
        String namespace = host(letter);
        remove(namespace);
        Run.checked("ip", "netns", "add", namespace);
        hosts.add(namespace);
        return namespace;
    }

    /** The namespace of a host that was added. */
    String host(String letter) {
        return server.substring(0, server.length() - 1) + letter;
    }

    /**
     * Puts a host between the two: what was the client's end of the wire to the agent is there as {@code near}, and the client
     * has a new one, whose other end is there as {@code far}. Both are up, without addresses; the client's are what they were.
     */
    void insert(String namespace) {
        inClient("ip", "link", "set", "view", "name", "near", "netns", namespace);
        Run.checked(
                "ip", "link", "add", "view", "netns", client, "type", "veth", "peer", "name", "far", "netns",
                namespace);
        for (String end : List.of("near", "far")) {
            in(namespace, "sysctl", "-qw", "net.ipv6.conf." + end + ".disable_ipv6=1");
            in(namespace, "ip", "link", "set", end, "up");
        }
        startView();
    }

    /** Runs a program in a namespace; it must succeed. */
    static String in(String namespace, String... command) {
        return Run.checked(prefixed(namespace, command).toArray(String[]::new));
    }

    private void removeNetwork() {
        hosts.forEach(TestBed::remove);
        remove(server);
        remove(client);
    }

    private static void remove(String namespace) {
        if (Run.quietly("ip", "netns", "pids", namespace).ok()) {
            Run.checked("ip", "netns", "delete", namespace);
        }
    }

    /** A directory of the test's own, on a disk. */
    Path directory() {
        return directory;
    }

    /** Makes a file of bytes that only a seed can tell, in {@link #directory}. */
    Path randomFile(String name, long sizeBytes, long seed) throws IOException {
        Path file = directory.resolve(name);
        var random = new Random(seed);
        var piece = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long left = sizeBytes; left > 0; left -= piece.length) {
                random.nextBytes(piece);
                out.write(piece, 0, (int) Math.min(piece.length, left));
            }
        }
        return file;
    }

    Path image() {
        return directory.resolve("volume.img");
    }

    Family family() {
        return family;
    }

    String url(String path) {
        return "http://" + family.host() + path;
    }

    String tlsUrl(String path) {
        return "https://" + family.host() + path;
    }

    String adminUrl(String path) {
        return "http://" + ADMIN + path;
    }

    /** Runs a program on the client's host; it must succeed. */
    String inClient(String... command) {
        return Run.checked(prefixed(client, command).toArray(String[]::new));
    }

    /** Runs a program on the client's host and says how it ended. */
    Run.Result tryInClient(String... command) {
        return Run.quietly(prefixed(client, command));
    }

    /** The command that runs the agent's program on the agent's host. */
    List<String> onServer(String... arguments) {
        List<String> command = prefixed(server, AGENT.toString());
        command.addAll(List.of(arguments));
        return command;
    }

    /** The file with the token of agents. */
    Path token() {
        return directory.resolve("token");
    }

    /** Runs a program on the agent's host; it must succeed. */
    String inServer(String... command) {
        return Run.checked(prefixed(server, command).toArray(String[]::new));
    }

    /** Starts a program on the client's host, its output to the test's own. */
    Process startInClient(String... command) throws IOException {
        return new ProcessBuilder(prefixed(client, command))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("client.log").toFile())
                .start();
    }

    /** The command that runs a program on the client's host. */
    List<String> onClient(String... command) {
        return prefixed(client, command);
    }

    /** The command that runs a program in a namespace. */
    static List<String> prefixed(String namespace, String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        whole.addAll(List.of(command));
        return whole;
    }

    /** Runs {@code dcn-agent volume ...}; it must succeed. */
    static String volume(String... arguments) {
        List<String> command = new ArrayList<>(List.of(AGENT.toString(), "volume"));
        command.addAll(List.of(arguments));
        return Run.checked(command.toArray(String[]::new));
    }

    /** Runs {@code dcn-agent volume ...} and says how it ended. */
    static Run.Result tryVolume(String... arguments) {
        List<String> command = new ArrayList<>(List.of(AGENT.toString(), "volume"));
        command.addAll(List.of(arguments));
        return Run.quietly(command);
    }

    /** Agents that are started from now on serve HTTPS on port 443 with all secrets, the first as default. */
    Certificates serveTls() throws IOException {
        certificates = new Certificates(directory.resolve("certificates"));
        return certificates;
    }

    /** What agents that are started from now on are told of the engine. */
    void useCryptEngine(String name) {
        cryptEngine = name;
    }

    /** The driver of the port of agents that are started from now on, instead of that of the run. */
    void usePortDriver(String name) {
        portDriver = name;
    }

    /** What agents that are started from now on have as their port, instead of the interface {@code port}. */
    void usePort(String name) {
        portName = name;
    }

    /** The driver of the port of agents that are started from now on. */
    String portDriver() {
        return portDriver;
    }

    /** Agents that are started from now on listen here too, without TLS. */
    void listen(int port, String congestionControl) {
        listeners.append("- {port: %d, congestionControl: %s}\n".formatted(port, congestionControl));
    }

    /** How long agents that are started from now on let responses finish. */
    void useDrainTimeout(String duration) {
        drainTimeout = duration;
    }

    /** Agents that are started from now on read through the kernel's cache, where the disk must not be what limits them. */
    void useKernelCache() {
        direct = false;
    }

    /** Agents that are started from now on find no ipsec-mb on this machine. */
    void hideIpsecMb() {
        hidesIpsecMb = true;
    }

    /**
     * Agents that are started from now on go before all else that wants the processor (SCHED_FIFO): on a node each has its own, and
     * where Linux is measured beside them, its TCP runs in interrupts.
     */
    void goFirst() {
        goesFirst = true;
    }

    /** Agents that are started from now on have their system calls counted into {@code counts} when they end, by strace. */
    void countSystemCalls(Path counts) {
        tracer = List.of("strace", "-D", "-f", "-c", "-o", counts.toString());
    }

    void format(String size) {
        volume("format", "--disk", image().toString(), "--create", size);
    }

    void put(Path source, String target) {
        volume("put", "--disk", image().toString(), source.toString(), target);
    }

    /** Starts the agent on the volume, and waits until it says that it is ready. */
    AgentProcess startAgent(String... options) throws IOException, InterruptedException {
        return startAgent(1, options);
    }

    AgentProcess startAgent(int workers, String... options) throws IOException, InterruptedException {
        Path config = directory.resolve("node.yaml");
        Files.writeString(config, """
                nodeName: test
                disks:
                - {path: %s, driver: uring, direct: %s}
                ports:
                - {interfaceName: "%s", %s, addresses: [%s/24, "%s/64"], gateways: [%s, "%s"]}
                listeners:
                %s%s
                workers: {count: %d}
                drainTimeout: %s
                agent: {cryptEngine: %s}
                """.formatted(
                        image(),
                        direct,
                        portName,
                        portDriver(workers),
                        Family.IPV4.server,
                        Family.IPV6.server,
                        Family.IPV4.client,
                        Family.IPV6.client,
                        listeners,
                        tlsListener(),
                        workers,
                        drainTimeout,
                        cryptEngine));
        Files.writeString(token(), "secret-of-the-test\n");
        List<String> command = prefixed(
                server,
                AGENT.toString(),
                "serve",
                "--config",
                config.toString(),
                "--admin",
                ADMIN,
                "--token-file",
                token().toString());
        if (certificates != null) {
            command.addAll(List.of("--tls-directory", certificates.secrets().toString()));
        }
        command.addAll(command.indexOf(AGENT.toString()), tracer);
        if (goesFirst) {
            command.addAll(command.indexOf(AGENT.toString()), List.of("chrt", "-f", "1"));
        }
        if (hidesIpsecMb) {
            command.addAll(command.indexOf(AGENT.toString()), List.of("env", "DCN_IPSEC_MB=/nowhere/libIPSec_MB.so.1"));
        }
        command.addAll(List.of(options));
        var agent = new AgentProcess(command, directory.resolve("agent-" + agents.size() + ".log"));
        agents.add(agent);
        agent.awaitReady(
                () -> tryInClient("curl", "-sf", "-m", "1", adminUrl("/readyz")).ok(), READY_LIMIT);
        return agent;
    }

    /** Other drivers than packet want as many queues as there are workers. */
    private String portDriver(int workers) {
        if (!portDriver.equals("packet")) {
            String queues = Integer.toString(workers);
            inServer("ethtool", "-L", "port", "rx", queues, "tx", queues);
        }
        if (portDriver.equals("netmap")) {
            copyWhatArrives();
        }
        return "driver: " + portDriver + (portDriver.equals("xdp") ? ", zeroCopy: Prefer" : "");
    }

    /**
     * Has the client's kernel copy each packet as it comes in, by changing a byte of it. netmap's emulated mode holds a reference of
     * its own to a packet that it sends; a veth's other end finds it shared, clones it, and lets go of it, upon which netmap
     * fills its memory with the next packet, while the clone waits for its reader.
     */
    private void copyWhatArrives() {
        for (String[] tables : new String[][] {{"iptables", "TTL", "--ttl-inc"}, {"ip6tables", "HL", "--hl-inc"}}) {
            inClient(tables[0], "-t", "mangle", "-F", "PREROUTING");
            inClient(tables[0], "-t", "mangle", "-A", "PREROUTING", "-i", "view", "-j", tables[1], tables[2], "1");
        }
    }

    private String tlsListener() {
        if (certificates == null) {
            return "";
        }
        List<String> names = certificates.secretNames();
        return "- {port: 443, tls: {secretName: " + names.getFirst() + ", additionalSecretNames: "
                + names.subList(1, names.size()) + "}}";
    }

    @Override
    public void close() throws IOException {
        agents.forEach(AgentProcess::kill);
        removeNetwork();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(TestBed::delete);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
