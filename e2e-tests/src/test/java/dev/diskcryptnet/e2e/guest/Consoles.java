package dev.diskcryptnet.e2e.guest;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Shows the end of the console of each guest that runs when a test fails: {@code @ExtendWith(Consoles.class)}. */
public final class Consoles implements AfterTestExecutionCallback {
    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            GuestMachine.running()
                    .forEach(machine -> System.out.println(context.getDisplayName() + ": " + machine.console()));
        }
    }
}
