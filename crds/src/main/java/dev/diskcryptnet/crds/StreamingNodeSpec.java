package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** What a user declares about one streaming node. The agent reads the same document as its configuration file. */
@JsonClassDescription("What the node streams from, through what, and how it is run.")
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.workers) || !self.workers.dedicated || !has(self.agent) || !has(self.agent.resources) || "
                + "!has(self.agent.resources.limits) || !('cpu' in self.agent.resources.limits) || "
                + "!isQuantity(string(self.agent.resources.limits['cpu'])) || "
                + "(quantity(string(self.agent.resources.limits['cpu'])).isInteger() && "
                + "quantity(string(self.agent.resources.limits['cpu'])).asInteger() >= self.workers.count)",
        message =
                "agent.resources.limits.cpu must be a whole number of at least workers.count when workers.dedicated is "
                        + "true; write such a number or leave agent.resources out")
@ValidationRule(
        value = "!has(self.workers) || !self.workers.dedicated || !has(self.agent) || !has(self.agent.resources) || "
                + "!has(self.agent.resources.requests) || (has(self.agent.resources.limits) && "
                + "self.agent.resources.requests.all(name, name in self.agent.resources.limits && "
                + "string(self.agent.resources.requests[name]) == string(self.agent.resources.limits[name])))",
        message = "agent.resources.requests must equal limits when workers.dedicated is true; leave requests out")
public final class StreamingNodeSpec {
    /** API group and version of the resource. */
    public static final String API_VERSION = "diskcryptnet.dev/v1alpha1";
    /** Kind of the resource. */
    public static final String KIND = "StreamingNode";

    @JsonPropertyDescription(
            "Kubernetes node that the agent runs on. Required and immutable in a cluster; an agent that is "
                    + "started by hand ignores it.")
    @Required
    @Size(min = 1, max = Limits.MAX_SUBDOMAIN_LENGTH)
    @Pattern(Patterns.SUBDOMAIN)
    @ValidationRule(
            value = "self.matches('" + Patterns.SUBDOMAIN + "')",
            message = "nodeName must be the name of a Kubernetes node as kubectl get nodes shows it; write lower-case "
                    + "letters, digits, - and .")
    @ValidationRule(
            value = "self == oldSelf",
            message = "nodeName cannot be changed, as devices stay with their machine; delete this StreamingNode and "
                    + "create one for the other machine")
    public String nodeName;

    @JsonPropertyDescription("Disks that make up the volume, 1 to 16, each given to this node alone.")
    @Required
    @Size(min = 1, max = Limits.MAX_DISKS)
    @ValidationRule(
            value = "self.all(d, !has(d.pciAddress) || "
                    + "self.exists_one(e, has(e.pciAddress) && e.pciAddress == d.pciAddress))",
            message = "disks must have each pciAddress once; remove the repeated disk")
    @ValidationRule(
            value = "self.all(d, !has(d.path) || self.exists_one(e, has(e.path) && e.path == d.path))",
            message = "disks must have each path once; remove the repeated disk")
    public List<DiskSpec> disks;

    @JsonPropertyDescription("Network ports that serve streams, 1 to 8, each given to this node alone.")
    @Required
    @Size(min = 1, max = Limits.MAX_PORTS)
    @ValidationRule(
            value = "self.all(p, !has(p.interfaceName) || "
                    + "self.exists_one(q, has(q.interfaceName) && q.interfaceName == p.interfaceName))",
            message = "ports must have each interfaceName once; remove the repeated port")
    @ValidationRule(
            value = "self.all(p, !has(p.physicalFunction) || "
                    + "self.exists_one(q, has(q.physicalFunction) && q.physicalFunction == p.physicalFunction && "
                    + "(has(q.virtualFunction) ? q.virtualFunction : 0) == "
                    + "(has(p.virtualFunction) ? p.virtualFunction : 0)))",
            message = "ports must have each virtualFunction of a physicalFunction once; write another virtualFunction")
    @ValidationRule(
            value = "self.all(p, !has(p.macAddress) || self.exists_one(q, has(q.macAddress) && "
                    + "q.macAddress.lowerAscii() == p.macAddress.lowerAscii()))",
            message = "ports must have each macAddress once; write another macAddress")
    @ValidationRule(
            value = "self.all(p, p.addresses.all(a, self.exists_one(q, a in q.addresses)))",
            message = "ports must have each of their addresses once; remove the repeated one")
    public List<PortSpec> ports;

    @JsonPropertyDescription("TCP ports that take requests on every address of every network port, 1 to 16.")
    @Required
    @Size(min = 1, max = Limits.MAX_LISTENERS)
    @ValidationRule(
            value = "self.all(l, self.exists_one(m, m.port == l.port))",
            message = "listeners must have each port once; remove the repeated listener or write another port")
    public List<ListenerSpec> listeners;

    @JsonPropertyDescription("What one network of clients may take.")
    public ClientsSpec clients;

    @JsonPropertyDescription("The loops that do the work. One worker when not given.")
    public WorkersSpec workers;

    @JsonProperty(defaultValue = "Never")
    @JsonPropertyDescription(
            "Whether disks that hold nothing are formatted at start: Never or IfEmpty. Foreign data is never "
                    + "overwritten.")
    public FormatPolicy format;

    @JsonProperty(defaultValue = Limits.DEFAULT_DRAIN_TIMEOUT)
    @JsonPropertyDescription(
            "How long running responses may go on after a stop was asked for, as a duration such as 90s or 5m. "
                    + "0s to 1h.")
    @Size(min = 1, max = Limits.MAX_DURATION_LENGTH)
    @Pattern(Patterns.DURATION)
    @ValidationRule(
            value = "self != '' && self.matches('" + Patterns.DURATION + "') && duration(self) <= duration('"
                    + Limits.MAX_DRAIN_SECONDS + "s')",
            message = "drainTimeout must be a duration from 0s to 1h; write it like 60s, 1m30s or 250ms")
    public String drainTimeout;

    @JsonPropertyDescription("How the agent's pod is run, how much it logs, and what seals its records.")
    public AgentSpec agent;
}
