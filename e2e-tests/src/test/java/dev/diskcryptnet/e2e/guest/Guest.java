package dev.diskcryptnet.e2e.guest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * A small Debian in QEMU, whose processor is emulated as well, with the built agent at {@code /opt/dcn/dist} and Java in
 * it. Its network card's wire ends at the tap {@code link0} of a network namespace of its own, where clients run.
 *
 * <pre>
 *   guest: igb nic0 and its virtual functions  ====  link0 198.18.8.1/24, fd00:8::1/64: {@link #inClient}
 *          /var/lib/diskcryptnet                     a disk that outlives {@link #reset}
 *          all else                                  memory, as it was at boot after a reset
 * </pre>
 *
 * <p>Commands may be run from several threads at once. When this process ends, whatever way, so does the guest.
 */
public final class Guest implements AutoCloseable {
    /** Of the client's end of the wire; the guest may take any other of 198.18.8.0/24 and fd00:8::/64. */
    public static final String CLIENT_ADDRESS = "198.18.8.1";

    /** An emulated processor may miss a timer, and its kernel then waits for ever: seen once in some thirty boots. */
    private static final int BOOTS = 3;

    private static final Duration BOOT_LIMIT = Duration.ofSeconds(60);
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final byte[] NOTHING = new byte[0];

    private final GuestMachine machine;
    private final Duration bootTime;

    private Guest(GuestMachine machine, Duration bootTime) {
        this.machine = machine;
        this.bootTime = bootTime;
    }

    /** What {@link Start#boot} boots. */
    public static Start with(GuestHardware hardware) {
        return new Start(hardware);
    }

    /** A guest that is to be booted. */
    public record Start(GuestHardware hardware) {
        /**
         * Boots it, and returns when it takes commands. The test is skipped, with the reason, where a guest cannot be had.
         *
         * @throws GuestException with the console's end when it does not come up
         */
        public Guest boot() throws IOException, InterruptedException {
            GuestFiles files = GuestFiles.get();
            for (int left = BOOTS - 1; ; left--) {
                long startNs = System.nanoTime();
                GuestMachine machine = GuestMachine.start(hardware, files);
                try {
                    machine.connect(BOOT_LIMIT);
                    return new Guest(machine, Duration.ofNanos(System.nanoTime() - startNs));
                } catch (RuntimeException e) {
                    machine.close();
                    if (left == 0) {
                        throw e;
                    }
                    System.out.println("the guest is booted once more: " + e.getMessage());
                }
            }
        }
    }

    /** From the start of QEMU until the first command was taken. */
    public Duration bootTime() {
        return bootTime;
    }

    /** Runs a script of the guest's bash, for at most a minute. */
    public CommandResult run(String command) {
        return run(command, COMMAND_LIMIT);
    }

    /** Runs a script of the guest's bash; it is killed after {@code limit}. */
    public CommandResult run(String command, Duration limit) {
        return run(command, NOTHING, limit);
    }

    /**
     * Runs a script of the guest's bash.
     *
     * @param input its standard input
     * @throws GuestException when the guest ends or resets before the script does
     */
    public CommandResult run(String command, byte[] input, Duration limit) {
        return machine.join(machine.channel().start(command, input, limit), limit.plusSeconds(20), command);
    }

    /** Runs a script that must succeed; returns what it printed on standard output, without blank space at its ends. */
    public String check(String command) {
        return check(command, COMMAND_LIMIT);
    }

    /** {@link #check(String)} with a limit of time. */
    public String check(String command, Duration limit) {
        return run(command, limit).checked().stdout();
    }

    /** Starts a script. Its result fails with GuestException when the guest ends or resets before. */
    public CompletableFuture<CommandResult> start(String command, Duration limit) {
        return machine.channel().start(command, NOTHING, limit);
    }

    /** Repeats a script until it succeeds; returns what it printed then. */
    public String await(String command, Duration limit) throws InterruptedException {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (true) {
            CommandResult result = run(command);
            if (result.ok()) {
                return result.stdout();
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("not within " + limit.toSeconds() + " s: " + result);
            }
            Thread.sleep(POLL);
        }
    }

    /** Writes a file in the guest; directories are made. */
    public void write(String path, byte[] content) {
        run("mkdir -p \"$(dirname '" + path + "')\" && cat >'" + path + "'", content, COMMAND_LIMIT)
                .checked();
    }

    /** Writes a text file in the guest; directories are made. */
    public void write(String path, String text) {
        write(path, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Runs a command of QEMU's machine protocol; returns its {@code return} member. */
    public JsonNode qmp(String json) {
        return machine.qmp().command(json);
    }

    /**
     * PCI address, in the guest, of a device of the hardware: {@code 0000:01:00.0}.
     *
     * @param id of a drive or a card
     */
    public String pciAddress(String id) {
        return PciAddresses.of(qmp("{\"execute\": \"query-pci\"}"), id);
    }

    /** Plugs a drive into a free port of the hardware, as a hand would while the machine runs. */
    public void plug(NvmeDrive drive, String freePort) throws IOException {
        machine.plug(drive, freePort);
    }

    /** Asks for a device to be taken out, and waits until the guest has let go of it. */
    public void unplug(String id, Duration limit) throws InterruptedException {
        qmp("{\"execute\": \"device_del\", \"arguments\": {\"id\": \"" + id + "\"}}");
        awaitEvent("DEVICE_DELETED", event -> event.at("/data/device").asText().equals(id), limit);
    }

    /** Waits for an event of QEMU that has come since the start, or comes. */
    public JsonNode awaitEvent(String name, Predicate<JsonNode> wanted, Duration limit) throws InterruptedException {
        return machine.awaitEvent(name, wanted, limit);
    }

    /** Presses the reset button, and waits until the guest takes commands again. Memory is as at boot then. */
    public void reset() throws IOException, InterruptedException {
        int before = machine.resets();
        qmp("{\"execute\": \"system_reset\"}");
        machine.awaitReset(before, BOOT_LIMIT);
    }

    /** Runs a script in whose middle the guest resets itself, and waits until the guest takes commands again. */
    public void runIntoReset(String command, Duration limit) throws IOException, InterruptedException {
        int before = machine.resets();
        try {
            CommandResult result = start(command, limit).get(limit.toSeconds() + 20, TimeUnit.SECONDS);
            throw new AssertionError("the guest did not reset: " + result);
        } catch (ExecutionException | TimeoutException e) {
            machine.awaitReset(before, BOOT_LIMIT);
        }
    }

    /** The host's file behind a drive. */
    public Path file(String id) {
        return machine.file(id);
    }

    /** Network namespace of the client's end of the wire. */
    public String namespace() {
        return machine.namespace();
    }

    /** Runs a program of the host's at the client's end of the wire. */
    public Run.Result inClient(String... command) {
        return Run.quietly(onClient(command));
    }

    /** The command that runs a program of the host's at the client's end of the wire. */
    public List<String> onClient(String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", machine.namespace()));
        whole.addAll(List.of(command));
        return whole;
    }

    /** The last lines that the guest's kernel and process 1 wrote to the serial console. */
    public String console() {
        return machine.console();
    }

    /** Takes the power away. */
    public void kill() {
        machine.close();
    }

    @Override
    public void close() {
        kill();
    }
}
