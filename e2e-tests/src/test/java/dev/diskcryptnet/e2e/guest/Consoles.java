package dev.diskcryptnet.e2e.guest;

import java.util.Optional;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/**
 * Shows the end of the console of each guest that runs when a test fails: {@code @ExtendWith(Consoles.class)}. A test whose
 * guest suffers from a fault of QEMU's own ({@link EmulatorFault}) is skipped, with what tells so.
 */
public final class Consoles implements AfterTestExecutionCallback, TestExecutionExceptionHandler {
    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable thrown) throws Throwable {
        for (GuestMachine machine : GuestMachine.running()) {
            Optional<String> fault = machine.emulatorFault();
            if (fault.isPresent()) {
                throw new TestAbortedException("the emulator failed: " + fault.get(), thrown);
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
