package dev.diskcryptnet.operator.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AgentProbeTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final AgentProbe probe = new AgentProbe(AgentState.PENDING, Duration.ofSeconds(15));

    @Test
    void shouldTellFactsAtOnceAndFiguresRarely() {
        assertTrue(probe.answered(report(true, 1), 0));
        assertFalse(probe.answered(report(true, 1), SECOND_NS), "nothing is new");
        assertFalse(probe.answered(report(true, 2), 5 * SECOND_NS), "only figures are new");
        assertEquals(1L, probe.state().report().figures().transmitBitsPerSecond());
        assertTrue(probe.answered(report(true, 3), 15 * SECOND_NS));
        assertEquals(3L, probe.state().report().figures().transmitBitsPerSecond());
        assertTrue(probe.answered(report(false, 3), 16 * SECOND_NS), "it is ready no more");
    }

    @Test
    void shouldTellSilenceOnceAndOnlyAfterSeveralFailures() {
        assertTrue(probe.answered(report(true, 1), 0));
        assertFalse(probe.failed("refused"));
        assertFalse(probe.failed("refused"));
        assertEquals(AgentState.Contact.ANSWERS, probe.state().contact());
        assertTrue(probe.failed("refused"));
        assertEquals(AgentState.Contact.SILENT, probe.state().contact());
        assertFalse(probe.failed("refused"));
        assertTrue(probe.answered(report(true, 1), SECOND_NS), "it is back");
    }

    @Test
    void shouldRefuseWhatIsNoAgentsAnswer() {
        assertThrows(IllegalArgumentException.class, () -> AgentReports.parse("<html>"));
        assertThrows(IllegalArgumentException.class, () -> AgentReports.parse("{\"status\":\"UP\"}"));
    }

    @Test
    void shouldPassOverWhatANewerAgentSays() {
        AgentReport report = AgentReports.parse("""
                {"ready":true,"news":1,"disks":[{"id":"d","driver":"tape","health":{"state":"Good"}}],
                 "conditions":[{"type":"Ready","status":"True","more":2}]}
                """);
        assertEquals("d", report.disks().getFirst().id);
    }

    private static AgentReport report(boolean ready, long bits) {
        return AgentReports.parse("{\"ready\":" + ready + ",\"transmitBitsPerSecond\":" + bits + "}");
    }
}
