package dev.diskcryptnet.operator.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.DiskStatus;
import dev.diskcryptnet.crds.PortStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Reads {@code /v1/status}. Fields that this version does not know are passed over, for the agent may be a newer one. */
public final class AgentReports {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL)
            .build();
    private static final int RATIO_DIGITS = 2;

    private AgentReports() {}

    /** Parses; throws {@link IllegalArgumentException} when {@code body} is not an agent's status. */
    public static AgentReport parse(String body) {
        try {
            JsonNode root = MAPPER.readTree(body);
            if (!root.path("ready").isBoolean()) {
                throw new IllegalArgumentException("the answer is no agent's status: field ready is missing");
            }
            List<AgentReport.DiskFigures> diskFigures = new ArrayList<>();
            List<DiskStatus> disks = list(root.path("disks"), node -> {
                DiskStatus disk = MAPPER.convertValue(node, DiskStatus.class);
                diskFigures.add(new AgentReport.DiskFigures(disk.objects, disk.freeBytes));
                disk.objects = null;
                disk.freeBytes = null;
                return disk;
            });
            return new AgentReport(
                    root.path("ready").booleanValue(),
                    list(root.path("notReadyReasons"), JsonNode::asText),
                    list(root.path("conditions"), node -> MAPPER.convertValue(node, ConditionStatus.class)),
                    list(root.path("addresses"), JsonNode::asText),
                    disks,
                    list(root.path("ports"), node -> MAPPER.convertValue(node, PortStatus.class)),
                    new AgentReport.Figures(
                            number(root.path("transmitBitsPerSecond")),
                            number(root.path("connections")),
                            ratio(root.path("memoryBytesPerNetworkByte")),
                            List.copyOf(diskFigures)));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the answer is no agent's status: " + e.getOriginalMessage(), e);
        }
    }

    /** Content of what changes rarely, for comparison. */
    static String facts(AgentReport report) {
        return MAPPER.valueToTree(List.of(
                        report.ready(),
                        report.notReadyReasons(),
                        report.conditions(),
                        report.addresses(),
                        report.disks(),
                        report.ports()))
                .toString();
    }

    private static <T> List<T> list(JsonNode array, Function<JsonNode, T> element) {
        List<T> elements = new ArrayList<>();
        array.forEach(node -> elements.add(element.apply(node)));
        return elements;
    }

    private static Long number(JsonNode node) {
        return node.isNumber() ? node.longValue() : null;
    }

    private static String ratio(JsonNode node) {
        return node.isNumber()
                ? node.decimalValue()
                        .setScale(RATIO_DIGITS, java.math.RoundingMode.HALF_UP)
                        .toPlainString()
                : null;
    }
}
