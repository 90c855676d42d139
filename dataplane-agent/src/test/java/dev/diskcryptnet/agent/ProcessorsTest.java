package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorsTest {
    private static final List<Integer> ALLOWED = List.of(2, 3, 5);

    @Test
    void shouldReadKernelListSyntax() {
        assertEquals(List.of(0, 1, 2, 3, 8), Processors.parse("0-3,8"));
        assertEquals(List.of(7), Processors.parse("7"));
    }

    @Test
    void shouldLeaveChoiceToKernelWhenProcessorsAreShared() {
        assertEquals(List.of(), Processors.choose(List.of(), 4, false));
    }

    @Test
    void shouldTakeAllowedProcessorsInOrderWhenDedicated() {
        assertEquals(List.of(2, 3), Processors.choose(List.of(), 2, ALLOWED));
    }

    @Test
    void shouldKeepTheOrderAskedFor() {
        assertEquals(List.of(5, 2), Processors.choose(List.of(5, 2, 3), 2, ALLOWED));
    }

    @Test
    void shouldRefuseProcessorThatIsNotAllowed() {
        refused(List.of(0), 1, "cpu=0 is not allowed");
    }

    @Test
    void shouldRefuseFewerProcessorsThanWorkers() {
        refused(List.of(), 4, "fewer than workers.count=4");
        refused(List.of(2, 2), 2, "fewer than workers.count=2");
    }

    private static void refused(List<Integer> wanted, int workers, String expected) {
        CommandException e = assertThrows(CommandException.class, () -> Processors.choose(wanted, workers, ALLOWED));
        assertEquals(ExitCode.USAGE, e.exitCode());
        assertTrue(e.getMessage().contains(expected), e::getMessage);
    }
}
