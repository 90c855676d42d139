package dev.diskcryptnet.e2e.onemachine.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonPathTest {
    private static JsonNode object() throws Exception {
        return new ObjectMapper().readTree("""
                {"spec": {"replicas": 3, "labels": {"a.b/c": "x"}},
                 "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}],
                            "addresses": ["one", "two"]}}
                """);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            .spec.replicas                                   | 3
            .status.conditions[?(@.type=="Other")].status    | False
            .status.conditions[?(@.type=='Ready')].status    | True
            .status.addresses[*]                             | one,two
            .status.addresses[1]                             | two
            .spec.labels.a\\.b/c                             | x
            .spec['replicas']                                | 3
            .spec.missing.more                               | ''
            """)
    void shouldFindWhatColumnsName(String path, String expected) throws Exception {
        assertEquals(expected, JsonPath.text(object(), path));
    }

    @Test
    void shouldRefuseWhatItDoesNotUnderstand() {
        assertThrows(IllegalArgumentException.class, () -> JsonPath.text(object(), ".spec..replicas"));
    }

    @ParameterizedTest
    @CsvSource({"0, 0s", "119, 119s", "120, 2m", "150, 2m30s", "3600, 60m", "10800, 3h", "172800, 2d"})
    void shouldSayAgesAsKubectlDoes(long seconds, String expected) {
        Instant now = Instant.parse("2026-01-01T00:00:00Z");
        assertEquals(expected, Ages.since(now.minusSeconds(seconds).toString(), now));
    }

    @Test
    void shouldAlignColumnsAndShowWhatIsEmpty() {
        assertEquals(
                "NAME   READY\nlong   <none>", Output.table(List.of(List.of("NAME", "READY"), List.of("long", ""))));
    }
}
