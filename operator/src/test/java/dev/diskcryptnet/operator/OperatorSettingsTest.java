package dev.diskcryptnet.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorSettingsTest {
    @Test
    void shouldBeSetForARealServerWhenNothingIsGiven() {
        OperatorSettings settings = OperatorSettings.from(Map.of());
        assertEquals(ApiProfile.SERVER, settings.profile());
        assertTrue(settings.leaderElection());
        assertEquals(Set.of(), settings.watchNamespaces());
        assertEquals(Duration.ofSeconds(5), settings.pollInterval());
        assertEquals(Duration.ofSeconds(15), settings.figuresInterval());
    }

    @Test
    void shouldTakeEmptyValuesForNone() {
        OperatorSettings settings = OperatorSettings.from(Map.of(
                "DCN_WATCH_NAMESPACES", " a, b ,", "DCN_API_PROFILE", "in-memory", "DCN_AGENT_SECCOMP_PROFILE", ""));
        assertEquals(Set.of("a", "b"), settings.watchNamespaces());
        assertEquals(ApiProfile.IN_MEMORY, settings.profile());
        assertEquals(false, settings.leaderElection());
        assertEquals(null, settings.agentSeccompProfile());
    }

    @ParameterizedTest
    @CsvSource({
        "DCN_API_PROFILE,etcd,server or in-memory",
        "DCN_LEADER_ELECTION,yes,true or false",
        "DCN_POLL_INTERVAL,0s,1s to 3600s",
        "DCN_STATUS_INTERVAL,soon,1s to 3600s",
        "DCN_RECONCILE_THREADS,1000,1 to 64"
    })
    void shouldNameTheVariableAndTheFix(String name, String value, String fix) {
        var error = assertThrows(IllegalArgumentException.class, () -> OperatorSettings.from(Map.of(name, value)));
        assertTrue(error.getMessage().contains(name + "=" + value), error.getMessage());
        assertTrue(error.getMessage().contains(fix), error.getMessage());
    }
}
