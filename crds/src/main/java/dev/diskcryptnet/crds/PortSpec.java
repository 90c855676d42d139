package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** One network port: exactly one of {@code physicalFunction} and {@code interfaceName}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class PortSpec {
    @JsonPropertyDescription(
            "PCI address of an SR-IOV physical function, for example 0000:5e:00.0. One of its virtual functions "
                    + "becomes the port.")
    public String physicalFunction;

    @JsonPropertyDescription(
            "Number of the virtual function, 0 to 255, 0 when not given. Virtual functions are created if the "
                    + "physical function has none. "
                    + "Only with physicalFunction.")
    public Integer virtualFunction;

    @JsonPropertyDescription(
            "Name of an existing network interface, 1 to 15 characters. It must carry no IP address of the kernel's.")
    public String interfaceName;

    @JsonPropertyDescription(
            "Unicast MAC address given to the virtual function, for example 02:00:00:00:00:01. Only with "
                    + "physicalFunction.")
    public String macAddress;

    @JsonPropertyDescription(
            "VLAN that the virtual function's frames are tagged with, 1 to 4094; untagged when not given. Only "
                    + "with physicalFunction.")
    public Integer vlan;

    @JsonProperty(defaultValue = "packet")
    @JsonPropertyDescription(
            "How the port is driven: packet (AF_PACKET rings with segmentation offload, any interface), xdp "
                    + "(AF_XDP) or netmap.")
    public PortDriver driver;

    @JsonPropertyDescription(
            "Largest IP packet in bytes, 1280 to 9216. A virtual function is set to it; an interface given by name must "
                    + "be set to it already. The interface's own figure when not given.")
    public Integer mtu;

    @JsonPropertyDescription(
            "Addresses that the port answers on, each with its prefix length, for example 192.0.2.10/24 or "
                    + "2001:db8::10/64. 1 to 16.")
    public List<String> addresses;

    @JsonPropertyDescription(
            "Routers towards everything that is not on-link, at most one for IPv4 and one for IPv6, each within "
                    + "the subnet of an address.")
    public List<String> gateways;
}
