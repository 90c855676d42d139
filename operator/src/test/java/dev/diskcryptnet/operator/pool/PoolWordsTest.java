package dev.diskcryptnet.operator.pool;

import static dev.diskcryptnet.operator.pool.PoolViews.toleration;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.TolerationSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names, shares and taints. */
class PoolWordsTest {
    @ParameterizedTest
    @CsvSource({
        "1, 5, 1",
        "3, 5, 3",
        "7, 5, 7",
        "25%, 8, 2",
        "25%, 7, 1",
        "25%, 3, 1",
        "100%, 4, 4",
        "50%, 1, 1",
        "99%, 1000, 990"
    })
    void shouldRoundAShareDownButNeverToLessThanOne(String text, int replicas, int members) {
        assertEquals(members, MaxUnavailable.parse(text).of(replicas));
    }

    @Test
    void shouldTakeOneWhenNothingIsSaid() {
        assertEquals(1, MaxUnavailable.parse(null).of(100));
    }

    @ParameterizedTest
    @CsvSource({"-1", "25 %", "%", "half", "1.5", "''", "99999", "0", "0%", "101%", "0", "101%"})
    void shouldRefuseWhatIsNeitherNumberNorShare(String text) {
        IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> MaxUnavailable.parse(text));
        assertTrue(refusal.getMessage().startsWith("spec.maxUnavailable=" + text + ":"), refusal.getMessage());
    }

    @Test
    void shouldNameAMemberAfterItsMachineWhenThatFits() {
        assertEquals("edge-rack1-host7", MemberNames.of("edge", "rack1-host7"));
    }

    @ParameterizedTest
    @CsvSource({"edge, rack1.example.com", "edge, a-machine-with-a-name-that-is-much-too-long-to-fit"})
    void shouldNameAMemberByAHashWhenTheMachinesNameDoesNotFit(String pool, String machine) {
        String name = MemberNames.of(pool, machine);
        assertTrue(name.matches("edge-[0-9a-f]{10}"), name);
        assertNotEquals(name, MemberNames.of(pool, machine + "x"));
        assertEquals(name, MemberNames.of(pool, machine));
    }

    @Test
    void shouldKeepNamesShortEnoughForTheLabelsOfTheirPods() {
        String pool = "p".repeat(63);
        String name = MemberNames.of(pool, "node");
        assertEquals(MemberNames.MAX_LENGTH, name.length());
        assertNotEquals(name, MemberNames.of(pool.substring(1), "node"));
        assertTrue((name + "-agent-0123456789").length() <= 63, name);
    }

    @ParameterizedTest
    @CsvSource({
        "dedicated, , video, , true",
        "dedicated, Equal, video, NoSchedule, true",
        "dedicated, Equal, other, , false",
        "dedicated, Exists, , , true",
        ", Exists, , , true",
        "other, Exists, , , false",
        "dedicated, Exists, , NoExecute, false",
        ", Equal, video, , false",
    })
    void shouldMatchTolerationsAsKubernetesDoes(
            String key, String operator, String value, String effect, boolean tolerated) {
        TolerationSpec toleration = toleration(key, operator, value, effect);
        assertEquals(tolerated, new Taint("dedicated", "video", "NoSchedule").toleratedBy(List.of(toleration)));
    }

    @Test
    void shouldNotBeKeptAwayByATaintThatOnlyAdvises() {
        assertFalse(new Taint("slow", null, "PreferNoSchedule").repels());
    }
}
