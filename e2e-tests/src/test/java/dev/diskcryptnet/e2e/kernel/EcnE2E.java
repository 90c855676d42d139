package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Explicit congestion notification with Linux as the client, and marks that its packet filter sets in a router's place. */
@Tag("kernel")
class EcnE2E {
    private static final int OBJECT_BYTES = 48 << 20;

    private TestBed bed;
    private Path object;

    @BeforeEach
    void start() throws Exception {
        bed = TestBed.create("ecn");
        object = bed.randomFile("object.bin", OBJECT_BYTES, 7);
        bed.format("128Mi");
        bed.put(object, "/object.bin");
        bed.startAgent();
    }

    @AfterEach
    void stop() throws IOException {
        bed.close();
    }

    private void fetch(Family family) throws IOException {
        // Until the agent has made sure that an address of IPv6 is its own; a SYN sent again asks for no ECN.
        bed.inClient("ping", "-q", "-c", "1", "-w", "10", family.server);
        Path target = bed.directory().resolve("fetched");
        Files.deleteIfExists(target);
        bed.inClient("curl", "-sSf", "-m", "60", "-o", target.toString(), "http://" + family.host() + "/object.bin");
        assertEquals(-1, Files.mismatch(object, target));
    }

    private void askForEcn(boolean ask) {
        bed.inClient("sysctl", "-qw", "net.ipv4.tcp_ecn=" + (ask ? 1 : 0));
    }

    /** Of the packets of a chain that may be marked, one in {@code every} is, after {@code before} others. */
    private void mark(Family family, String chain, int every, int before) {
        String rule = "-A " + chain + " -p tcp -m ecn --ecn-ip-ect 2 -m statistic --mode nth --every " + every
                + " --packet " + before + " -j TOS --or-tos 3";
        bed.inClient("sh", "-c", family.tables + " -t mangle " + rule);
    }

    /** How many were. */
    private long marked(Family family, String chain) {
        String list = bed.inClient(family.tables, "-t", "mangle", "-nvxL", chain);
        return Long.parseLong(
                list.lines().skip(2).findFirst().orElseThrow().strip().split("\\s+")[0]);
    }

    /** What the client's kernel has counted of IP packets by their ECN field, as it was before the packet filter. */
    private long received(Family family, String field) {
        String name = (family == Family.IPV4 ? "IpExtIn" : "Ip6In") + field + "Pkts";
        String[] words = bed.inClient("nstat", "-asz", name)
                .lines()
                .filter(line -> line.startsWith(name))
                .findFirst()
                .orElseThrow()
                .split("\\s+");
        return Long.parseLong(words[1]);
    }

    private long count(String name) throws InterruptedException {
        return Metrics.of(bed).sum(name);
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void shouldSendLessForMarksThatLinuxTellsOf(Family family) throws Exception {
        askForEcn(true);
        mark(family, "PREROUTING", 20, 0);
        fetch(family);
        long marked = marked(family, "PREROUTING");
        long reductions = count("dcn_tcp_ecn_reductions_total");
        long echoes = count("dcn_tcp_ecn_echoes_received_total");
        System.out.println(family + " marked=" + marked + " mayBeMarked=" + received(family, "ECT0") + " echoes="
                + echoes + " reductions=" + reductions);
        assertEquals(1, count("dcn_tcp_ecn_connections_opened_total"));
        assertTrue(marked > 3 && received(family, "ECT0") > 3 * marked);
        assertEquals(0, received(family, "ECT1"));
        assertTrue(reductions > 1 && reductions <= marked, "no more than one for each mark");
        assertTrue(echoes >= reductions);
        long again = count(
                "dcn_tcp_retransmitted_bytes_total"); // a client without a processor for long may bring about some
        assertTrue(again < Files.size(object) / 100, "retransmitted=" + again);
    }

    /** Had Linux not been told of each reduction, its echo would not have ended after the only mark. */
    @ParameterizedTest
    @EnumSource(Family.class)
    void shouldEndLinuxsEchoByTellingOfTheReduction(Family family) throws Exception {
        askForEcn(true);
        mark(family, "PREROUTING", 1_000_000, 30);
        fetch(family);
        assertEquals(1, marked(family, "PREROUTING"));
        assertEquals(1, count("dcn_tcp_ecn_reductions_total"));
        long echoes = count("dcn_tcp_ecn_echoes_received_total");
        System.out.println(family + " echoes of one mark=" + echoes);
        assertTrue(echoes >= 1 && echoes < 40, "echoes=" + echoes);
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void shouldEchoMarksOnRequests(Family family) throws Exception {
        askForEcn(true);
        mark(family, "POSTROUTING", 1, 0);
        fetch(family);
        assertTrue(count("dcn_tcp_ecn_marks_received_total") >= 1);
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void shouldSendPlainPacketsToWhoDoesNotAsk(Family family) throws Exception {
        askForEcn(false);
        fetch(family);
        assertEquals(0, count("dcn_tcp_ecn_connections_opened_total"));
        assertEquals(0, received(family, "ECT0") + received(family, "ECT1") + received(family, "CE"));
        assertTrue(received(family, "NoECT") > 0);
    }
}
