package dev.diskcryptnet.e2e.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Sums up what the tiers reported: a directory a tier, in it Surefire's XML reports, a file {@code seconds}, and a file
 * {@code skipped} or {@code failed} whose text is the reason. Exits with 1 when anything failed or nothing ran.
 */
public final class TestReport {
    private int passed;
    private final List<String> failed = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();

    private final PrintStream out;

    private TestReport(PrintStream out) {
        this.out = out;
    }

    /** @param arguments the directory of reports */
    public static void main(String[] arguments) throws Exception {
        System.exit(print(Path.of(arguments[0]), System.out) ? 0 : 1);
    }

    /**
     * Prints the summary.
     *
     * @return whether all is well
     */
    static boolean print(Path reports, PrintStream out) throws Exception {
        var report = new TestReport(out);
        out.println("\n== summary");
        try (Stream<Path> tiers = Files.list(reports)) {
            for (Path tier : tiers.sorted().toList()) {
                report.addTier(tier);
            }
        }
        return report.print();
    }

    private void addTier(Path tier) throws Exception {
        int passedBefore = passed;
        int failedBefore = failed.size();
        int skippedBefore = skipped.size();
        String name = tier.getFileName().toString();
        try (Stream<Path> files = Files.list(tier)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".xml"))
                    .sorted()
                    .toList()) {
                addSuite(file);
            }
        }
        if (Files.exists(tier.resolve("skipped"))) {
            skipped.add("tier " + name + ": " + reason(tier.resolve("skipped")));
        }
        // A build that fails because tests failed is counted by its tests.
        if (Files.exists(tier.resolve("failed")) && failed.size() == failedBefore) {
            failed.add("tier " + name + ": " + reason(tier.resolve("failed")));
        }
        if (passed == passedBefore && failed.size() == failedBefore && skipped.size() == skippedBefore) {
            failed.add("tier " + name + ": no tests ran");
        }
        out.printf(
                "%-11s %5d passed %3d failed %3d skipped%s%n",
                name,
                passed - passedBefore,
                failed.size() - failedBefore,
                skipped.size() - skippedBefore,
                duration(tier.resolve("seconds")));
    }

    private static String duration(Path file) throws IOException {
        if (!Files.exists(file)) {
            return "";
        }
        int seconds = Integer.parseInt(reason(file));
        return "  in %d:%02d min".formatted(seconds / 60, seconds % 60);
    }

    private static String reason(Path file) throws IOException {
        return Files.readString(file).strip();
    }

    private void addSuite(Path file) throws Exception {
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
        NodeList cases = document.getElementsByTagName("testcase");
        for (int i = 0; i < cases.getLength(); i++) {
            Element test = (Element) cases.item(i);
            String name = test.getAttribute("classname").replaceFirst(".*\\.", "") + "." + test.getAttribute("name");
            if (has(test, "failure") || has(test, "error")) {
                failed.add(name);
            } else if (has(test, "skipped")) {
                Element why = (Element) test.getElementsByTagName("skipped").item(0);
                skipped.add(name + ": " + reason(why));
            } else {
                passed++;
            }
        }
    }

    /** Surefire writes a message that a test gave into an attribute, or as the first line of the exception. */
    private static String reason(Element why) {
        String message = why.getAttribute("message");
        return message.isEmpty()
                ? why.getTextContent().strip().lines().findFirst().orElse("").replaceFirst("^[\\w.$]+: ", "")
                : message;
    }

    private static boolean has(Element test, String child) {
        return test.getElementsByTagName(child).getLength() > 0;
    }

    private boolean print() {
        skipped.forEach(line -> out.println("SKIPPED " + line));
        failed.forEach(line -> out.println("FAILED  " + line));
        out.printf("%d passed, %d failed, %d skipped%n", passed, failed.size(), skipped.size());
        return failed.isEmpty() && passed > 0;
    }
}
