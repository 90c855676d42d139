package dev.diskcryptnet.e2e.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a release tells its operator. */
final class OperatorEnvironment {
    private OperatorEnvironment() {}

    /** The variables in their order; one that is read from elsewhere has what names the place. */
    static Map<String, String> of(Chart.Release release) {
        Map<String, String> environment = new LinkedHashMap<>();
        for (JsonNode variable : release.only("Deployment").at("/spec/template/spec/containers/0/env")) {
            JsonNode value = variable.path("value");
            String previous = environment.put(
                    variable.path("name").asText(),
                    value.isMissingNode() ? variable.path("valueFrom").toString() : value.asText());
            if (previous != null) {
                throw new AssertionError("twice: " + variable);
            }
        }
        return environment;
    }
}
