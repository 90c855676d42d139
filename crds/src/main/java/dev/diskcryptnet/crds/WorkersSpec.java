package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The loops that do the work: one thread per worker. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.bufferMemory) || !isQuantity(self.bufferMemory) || "
                + "(quantity(self.bufferMemory).isInteger() && "
                + "quantity(self.bufferMemory).asInteger() / self.count >= " + Limits.MIN_WORKER_BUFFER_BYTES + " && "
                + "quantity(self.bufferMemory).asInteger() / self.count <= " + Limits.MAX_WORKER_BUFFER_BYTES + ")",
        message = "bufferMemory must be 4Mi to 1Gi for each of workers.count; write for example 256Mi")
@ValidationRule(
        value = "!has(self.bufferMemory) || !isQuantity(self.bufferMemory) || !has(self.hugepages) || "
                + "!isQuantity(self.hugepages) || "
                + "quantity(self.hugepages).compareTo(quantity(self.bufferMemory)) >= 0",
        message = "hugepages must hold bufferMemory; write at least as much as there")
public final class WorkersSpec {
    @JsonProperty(defaultValue = "1")
    @JsonPropertyDescription("Workers, 1 to 256, each a thread.")
    @Min(Limits.MIN_WORKERS)
    @Max(Limits.MAX_WORKERS)
    public Integer count;

    @JsonProperty(defaultValue = "false")
    @JsonPropertyDescription(
            "Whether the processors belong to the workers alone: whole CPUs and Guaranteed quality of service, "
                    + "each worker is pinned to one and may spin.")
    public Boolean dedicated;

    @JsonPropertyDescription(
            "Memory for bytes on their way from disk to network, of all workers and ports together, as a "
                    + "quantity of bytes such as 256Mi; 4Mi to 1Gi for each worker. It bounds the bytes in flight: more than a "
                    + "share of the last-level cache costs memory bandwidth. 16Mi for each worker and port when not given.")
    @Size(min = 1, max = Limits.MAX_QUANTITY_LENGTH)
    @Pattern(Patterns.BYTE_QUANTITY)
    @ValidationRule(
            value = "self.matches('" + Patterns.BYTE_QUANTITY + "')",
            message = "bufferMemory must be a quantity of bytes; write it like 256Mi or 1Gi")
    public String bufferMemory;

    @JsonPropertyDescription(
            "Huge pages of 2Mi for the buffers, as a quantity of bytes such as 1Gi: they hold bufferMemory and, with TLS, "
                    + "14Mi for each worker and port, which records are sealed from. A card's own ring is memory of the "
                    + "kernel's all the same. Ordinary pages when not given.")
    @Size(min = 1, max = Limits.MAX_QUANTITY_LENGTH)
    @Pattern(Patterns.BYTE_QUANTITY)
    @ValidationRule(
            value = "self.matches('" + Patterns.BYTE_QUANTITY + "') && quantity(self).isInteger() && "
                    + "quantity(self).asInteger() > 0 && quantity(self).asInteger() % "
                    + Limits.HUGE_PAGE_BYTES + " == 0",
            message = "hugepages must be a quantity of bytes that is a multiple of 2Mi; write it like 512Mi or 1Gi")
    public String hugepages;
}
