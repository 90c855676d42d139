package dev.diskcryptnet.e2e.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestReportTest {
    private static final String PASSED = "<testcase classname=\"a.Foo\" name=\"shouldPass\"/>";
    private static final String FAILED = "<testcase classname=\"a.Foo\" name=\"shouldFail\"><failure/></testcase>";
    private static final String BROKEN = "<testcase classname=\"a.Foo\" name=\"shouldBreak\"><error/></testcase>";
    private static final String SKIPPED =
            "<testcase classname=\"a.Foo\" name=\"shouldSkip\"><skipped message=\"no disk\"/></testcase>";

    @TempDir
    Path reports;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private void write(String name, String text) throws IOException {
        Path file = reports.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void suite(String tier, String... cases) throws IOException {
        write(tier + "/TEST-a.Foo.xml", "<testsuite>" + String.join("", cases) + "</testsuite>");
    }

    private boolean print() throws Exception {
        return TestReport.print(reports, new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    private List<String> lines() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void shouldCountWhatPassedFailedAndWasSkipped() throws Exception {
        suite("unit", PASSED, PASSED, FAILED, BROKEN, SKIPPED);
        assertFalse(print());
        assertEquals("2 passed, 2 failed, 1 skipped", lines().getLast());
        assertTrue(lines().contains("FAILED  Foo.shouldFail"), lines().toString());
        assertTrue(lines().contains("SKIPPED Foo.shouldSkip: no disk"), lines().toString());
    }

    @Test
    void shouldFindTheReasonInTheFirstLineOfAnException() throws Exception {
        suite(
                "unit",
                PASSED,
                "<testcase classname=\"a.Foo\" name=\"shouldSkip\"><skipped type=\"a.B\"><![CDATA["
                        + "a.B: Assumption failed: no mkfs\n\tat a.Foo.run(Foo.java:22)\n]]></skipped></testcase>");
        assertTrue(print());
        assertTrue(lines().contains("SKIPPED Foo.shouldSkip: Assumption failed: no mkfs"), lines().toString());
    }

    @Test
    void shouldBeContentWhenTestsPassedAndATierWasSkipped() throws Exception {
        suite("unit", PASSED);
        write("unit/seconds", "75\n");
        write("guest/skipped", "no emulator\n");
        assertTrue(print());
        assertEquals("1 passed, 0 failed, 1 skipped", lines().getLast());
        assertTrue(lines().contains("SKIPPED tier guest: no emulator"), lines().toString());
        assertTrue(lines().stream().anyMatch(line -> line.endsWith("in 1:15 min")), lines().toString());
    }

    @Test
    void shouldFailWhenABuildFailedThoughAllTestsPassed() throws Exception {
        suite("unit", PASSED);
        write("unit/failed", "the build failed");
        assertFalse(print());
        assertEquals("1 passed, 1 failed, 0 skipped", lines().getLast());
    }

    @Test
    void shouldFailWhenATierRanNoTests() throws Exception {
        suite("unit", PASSED);
        Files.createDirectories(reports.resolve("kernel"));
        assertFalse(print());
        assertTrue(lines().contains("FAILED  tier kernel: no tests ran"), lines().toString());
    }

    @Test
    void shouldFailWhenAllIsSkipped() throws Exception {
        write("guest/skipped", "no emulator");
        assertFalse(print());
        assertEquals("0 passed, 0 failed, 1 skipped", lines().getLast());
    }
}
