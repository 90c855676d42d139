package dev.diskcryptnet;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The package table of the design: which room may use which. */
class ArchitectureTest {
    private static final String ROOT = "dev.diskcryptnet.";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.diskcryptnet");

    /** Room and what it may use of our own; {@code agent} may use everything. */
    private static final Map<String, Set<String>> MAY_USE = new TreeMap<>(Map.ofEntries(
            Map.entry("ffi", Set.of()),
            Map.entry("buffer", Set.of()),
            Map.entry("counters", Set.of("buffer")),
            Map.entry("diskmap", Set.of("ffi", "buffer", "counters")),
            Map.entry("crypt", Set.of("ffi", "buffer", "counters")),
            Map.entry("netmap", Set.of("ffi", "buffer", "counters")),
            Map.entry("wire", Set.of("buffer")),
            Map.entry("ip", Set.of("buffer", "wire", "counters", "netmap")),
            Map.entry("tcp", Set.of("buffer", "wire", "counters")),
            Map.entry("tls", Set.of("buffer", "crypt", "counters")),
            Map.entry("http", Set.of("buffer", "counters")),
            Map.entry("volume", Set.of("buffer", "diskmap", "counters")),
            Map.entry("load", Set.of("buffer", "wire", "counters", "netmap", "crypt", "tls")),
            Map.entry(
                    "atlas",
                    Set.of(
                            "buffer",
                            "counters",
                            "diskmap",
                            "crypt",
                            "netmap",
                            "wire",
                            "ip",
                            "tcp",
                            "tls",
                            "http",
                            "volume")),
            Map.entry("device", Set.of()),
            Map.entry("memory", Set.of("ffi")),
            Map.entry("admin", Set.of("atlas", "volume", "counters", "memory")),
            Map.entry("crds", Set.of())));

    /** Library and the rooms that it stays in. */
    private static final Map<String, List<String>> LIBRARIES = Map.of(
            "jnr.ffi..", List.of("ffi"),
            "io.netty..", List.of("tls", "http", "admin"),
            "io.micrometer..", List.of("admin"),
            "picocli..", List.of("agent"));

    @TestFactory
    List<DynamicTest> shouldUseOnlyTheRoomsThatTheTableAllows() {
        return MAY_USE.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> check(entry.getKey(), entry.getValue())))
                .toList();
    }

    private static void check(String room, Set<String> allowed) {
        Set<String> others = new TreeSet<>(MAY_USE.keySet());
        others.add("agent");
        others.remove(room);
        others.removeAll(allowed);
        noClasses()
                .that()
                .resideInAPackage(ROOT + room + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        others.stream().map(other -> ROOT + other + "..").toArray(String[]::new))
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @TestFactory
    List<DynamicTest> shouldKeepLibrariesInTheirRooms() {
        return LIBRARIES.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> noClasses()
                        .that()
                        .resideOutsideOfPackages(entry.getValue().stream()
                                .map(room -> ROOT + room + "..")
                                .toArray(String[]::new))
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(entry.getKey())
                        .check(CLASSES)))
                .toList();
    }

    @Test
    void shouldKnowEveryRoom() {
        Set<String> unknown = new TreeSet<>();
        CLASSES.forEach(type ->
                unknown.add(type.getPackageName().substring(ROOT.length()).split("\\.")[0]));
        unknown.removeAll(MAY_USE.keySet());
        unknown.remove("agent");
        org.junit.jupiter.api.Assertions.assertEquals(Set.of(), unknown, "rooms that the table does not name");
    }

    @Test
    void shouldHaveNoCycles() {
        slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
