package dev.diskcryptnet.e2e.guest;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs a test class where there is no Maven, a line for each test; exits with 1 when one fails or none runs. */
final class TestRun implements TestExecutionListener {
    private TestPlan plan;
    private int ran;
    private int failed;

    public static void main(String[] arguments) throws ClassNotFoundException {
        var run = new TestRun();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(Class.forName(arguments[0])))
                .build();
        LauncherFactory.create().execute(request, run);
        System.exit(run.failed > 0 || run.ran == 0 ? 1 : 0);
    }

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        this.plan = plan;
    }

    private String name(TestIdentifier test) {
        String parent = plan.getParent(test).map(TestIdentifier::getDisplayName).orElse("");
        return parent + " " + test.getDisplayName();
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        System.out.println("SKIPPED " + name(test) + ": " + reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        String why = result.getThrowable().map(Throwable::toString).orElse("");
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            System.out.println("SKIPPED " + name(test) + ": " + why);
        } else if (result.getStatus() == TestExecutionResult.Status.FAILED) {
            failed++;
            System.out.println("FAILED " + name(test) + ": " + why);
            result.getThrowable().ifPresent(thrown -> thrown.printStackTrace(System.out));
        } else if (test.isTest()) {
            ran++;
            System.out.println("PASSED " + name(test));
        }
    }
}
