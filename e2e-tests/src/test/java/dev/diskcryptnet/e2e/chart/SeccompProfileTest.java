package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The agents' seccomp profile, and its way onto the machines. That agents can live under it, a kernel test shows. */
@Tag("cluster")
class SeccompProfileTest {
    private static final Path PROFILE = Chart.DIRECTORY.resolve("files/seccomp/agent.json");
    /** System calls of x86-64 Linux, from the package that any C compiler here needs. */
    private static final Path KNOWN = Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
    /** What lets a process out of its container or into the kernel, and no agent needs. */
    private static final Set<String> DANGEROUS = Set.of(
            "acct",
            "add_key",
            "bpf",
            "clock_settime",
            "delete_module",
            "finit_module",
            "init_module",
            "ioperm",
            "iopl",
            "kexec_file_load",
            "kexec_load",
            "keyctl",
            "mount",
            "mount_setattr",
            "move_mount",
            "name_to_handle_at",
            "open_by_handle_at",
            "open_tree",
            "perf_event_open",
            "pidfd_getfd",
            "pivot_root",
            "process_vm_readv",
            "process_vm_writev",
            "ptrace",
            "quotactl",
            "reboot",
            "request_key",
            "setns",
            "settimeofday",
            "swapon",
            "syslog",
            "umount2",
            "unshare",
            "userfaultfd",
            "vhangup");

    private static List<String> allowed() throws IOException {
        List<String> names = new ArrayList<>();
        for (JsonNode group : new ObjectMapper().readTree(PROFILE.toFile()).path("syscalls")) {
            assertEquals("SCMP_ACT_ALLOW", group.path("action").asText());
            group.path("names").forEach(name -> names.add(name.asText()));
        }
        return names;
    }

    @Test
    void shouldRefuseWhatItDoesNotName() throws IOException {
        JsonNode profile = new ObjectMapper().readTree(PROFILE.toFile());
        assertEquals("SCMP_ACT_ERRNO", profile.path("defaultAction").asText());
        Set<String> dangerous = new HashSet<>(allowed());
        dangerous.retainAll(DANGEROUS);
        assertEquals(Set.of(), dangerous);
    }

    @Test
    void shouldNameSystemCallsThatThereAreAndEachOnce() throws IOException {
        String header = Files.readString(KNOWN);
        Set<String> seen = new HashSet<>();
        for (String name : allowed()) {
            assertTrue(seen.add(name), "twice: " + name);
            // The newest are not in the header of an old distribution.
            assertTrue(
                    Set.of("futex_waitv").contains(name)
                            || Pattern.compile("__NR_" + name + " ")
                                    .matcher(header)
                                    .find(),
                    "no such system call: " + name);
        }
    }

    @Test
    void shouldBePutWhereAgentsAreToldToLookForIt() throws IOException {
        Chart.Release release = Chart.install(ValuesMatrix.SECCOMP);
        assertEquals(
                Files.readString(PROFILE),
                release.only("ConfigMap").at("/data/agent.json").asText());
        ObjectNode daemons = release.only("DaemonSet");
        String directory =
                daemons.at("/spec/template/spec/volumes/1/hostPath/path").asText();
        assertEquals("/var/snap/kubelet/seccomp/diskcryptnet", directory);
        assertTrue(daemons.at("/spec/template/spec/containers/0/command/2")
                .asText()
                .contains(" /seccomp/agent.json "));
        assertEquals("diskcryptnet/agent.json", OperatorEnvironment.of(release).get("DCN_AGENT_SECCOMP_PROFILE"));
    }

    @Test
    void shouldTellAgentsOfAProfileThatIsThereAlready() {
        Chart.Release release = Chart.install("agent: {seccomp: {profile: mine/agent.json}}");
        assertEquals("mine/agent.json", OperatorEnvironment.of(release).get("DCN_AGENT_SECCOMP_PROFILE"));
        assertEquals(List.of(), release.all("DaemonSet"));
    }
}
