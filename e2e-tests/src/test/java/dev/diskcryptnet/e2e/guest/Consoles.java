package dev.diskcryptnet.e2e.guest;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/**
 * Shows the end of the console of each guest that runs when a test fails: {@code @ExtendWith(Consoles.class)}. A test whose
 * guest went because QEMU found a fault in itself is skipped, with what QEMU said.
 */
public final class Consoles implements AfterTestExecutionCallback, TestExecutionExceptionHandler {
    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable thrown) throws Throwable {
        for (GuestMachine machine : GuestMachine.running()) {
            String fault = machine.faultOfQemu();
            if (fault != null) {
                throw new TestAbortedException("the emulator failed: " + fault, thrown);
            }
        }
        throw thrown;
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            GuestMachine.running()
                    .forEach(machine -> System.out.println(context.getDisplayName() + ": " + machine.console()));
        }
    }
}
