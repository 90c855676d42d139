package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** One network port: exactly one of {@code physicalFunction} and {@code interfaceName}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "has(self.physicalFunction) != has(self.interfaceName)",
        message = "a port must have exactly one of physicalFunction and interfaceName; write one and remove the other")
@ValidationRule(
        value = "has(self.physicalFunction) || !has(self.virtualFunction)",
        message = "virtualFunction goes with physicalFunction only; remove it, or write physicalFunction instead of "
                + "interfaceName")
@ValidationRule(
        value = "has(self.physicalFunction) || !has(self.macAddress)",
        message =
                "macAddress goes with physicalFunction only; remove it and set the interface's address on the machine")
@ValidationRule(
        value = "has(self.physicalFunction) || !has(self.vlan)",
        message = "vlan goes with physicalFunction only; remove it and name an interface of type vlan instead")
@ValidationRule(
        value = "!has(self.interfaceName) || !self.interfaceName.contains(':') || "
                + "has(self.driver) && self.driver == 'netmap'",
        message = "interfaceName with a colon is a port of a VALE switch, which goes with driver netmap only; write "
                + "driver: netmap, or a name as ip link shows it")
@ValidationRule(
        value = "!has(self.zeroCopy) || (has(self.driver) && self.driver == 'xdp')",
        message = "zeroCopy goes with driver xdp only; remove it, or write driver: xdp")
@ValidationRule(
        value = "!has(self.gateways) || self.gateways.all(g, !isIP(g) || "
                + "self.addresses.exists(a, !isCIDR(a) || cidr(a).containsIP(g) || "
                + "ip(g).family() == 6 && ip(g).isLinkLocalUnicast() && cidr(a).ip().family() == 6))",
        message =
                "gateways must each be in the subnet of one of addresses, or link-local beside an IPv6 address; write "
                        + "a router on the same link")
@ValidationRule(
        value = "!has(self.gateways) || self.gateways.all(g, " + "!self.addresses.exists(a, a.startsWith(g + '/')))",
        message = "gateways must not hold one of the port's own addresses; write the router's")
public final class PortSpec {
    @JsonPropertyDescription(
            "PCI address of an SR-IOV physical function, for example 0000:5e:00.0. One of its virtual functions "
                    + "becomes the port.")
    @Size(min = 1, max = Limits.MAX_PCI_ADDRESS_LENGTH)
    @Pattern(Patterns.PCI_ADDRESS)
    @ValidationRule(
            value = "self.matches('" + Patterns.PCI_ADDRESS + "')",
            message =
                    "physicalFunction must be domain:bus:device.function in lower case; write it as lspci -D does, for "
                            + "example 0000:5e:00.0")
    public String physicalFunction;

    @JsonPropertyDescription(
            "Number of the virtual function, 0 to 255, 0 when not given. Virtual functions are created if the "
                    + "physical function has none. "
                    + "Only with physicalFunction.")
    @Min(0)
    @Max(Limits.MAX_VIRTUAL_FUNCTION)
    public Integer virtualFunction;

    @JsonPropertyDescription(
            "Name of an existing network interface, 1 to 15 characters. With driver packet it must carry no IP "
                    + "address of the kernel's. With driver netmap it may be a port of a VALE switch instead, for "
                    + "example vale0:video.")
    @Size(min = 1, max = Limits.MAX_INTERFACE_NAME_LENGTH)
    @Pattern(Patterns.INTERFACE_NAME)
    @ValidationRule(
            value = "self.matches('" + Patterns.INTERFACE_NAME + "') && self != '.' && self != '..'",
            message =
                    "interfaceName must be 1 to 15 letters, digits and - _ .; write it as ip link shows it, for example eth1, or vale0:video for a "
                            + "port of a VALE switch")
    public String interfaceName;

    @JsonPropertyDescription(
            "Unicast MAC address given to the virtual function, for example 02:00:00:00:00:01. Only with "
                    + "physicalFunction.")
    @Size(min = Limits.MAC_ADDRESS_LENGTH, max = Limits.MAC_ADDRESS_LENGTH)
    @Pattern(Patterns.MAC_ADDRESS)
    @ValidationRule(
            value = "self.matches('" + Patterns.MAC_ADDRESS + "') && self != '00:00:00:00:00:00'",
            message =
                    "macAddress must be a unicast address other than zero; write six pairs of hexadecimal digits, for "
                            + "example 02:00:00:00:00:01")
    public String macAddress;

    @JsonPropertyDescription(
            "VLAN that the virtual function's frames are tagged with, 1 to 4094; untagged when not given. Only "
                    + "with physicalFunction.")
    @Min(Limits.MIN_VLAN)
    @Max(Limits.MAX_VLAN)
    public Integer vlan;

    @JsonProperty(defaultValue = "packet")
    @JsonPropertyDescription(
            "How the port is driven: packet (AF_PACKET rings with segmentation offload, any interface), xdp "
                    + "(AF_XDP, Linux 6.6 or newer; as many queues of the interface as workers) or netmap.")
    public PortDriver driver;

    @JsonPropertyDescription(
            "Whether the device must read and write the port's memory itself (Require, when not given), or the kernel may copy where the "
                    + "interface's driver cannot do without (Prefer). Only with driver xdp.")
    public ZeroCopy zeroCopy;

    @JsonPropertyDescription(
            "Largest IP packet in bytes, 1280 to 9216. A virtual function is set to it; an interface given by name must "
                    + "be set to it already. The interface's own figure when not given; 1500 on a VALE switch.")
    @Min(Limits.MIN_MTU)
    @Max(Limits.MAX_MTU)
    public Integer mtu;

    @JsonPropertyDescription(
            "Addresses that the port answers on, IPv4, IPv6 or both, each with its prefix length, for example "
                    + "192.0.2.10/24 or 2001:db8::10/64. 1 to 16. With IPv6 the port also has a link-local address: "
                    + "the one given, or one made of its MAC address.")
    @Required
    @Size(min = 1, max = Limits.MAX_ADDRESSES)
    @ValidationRule(
            value = "self.all(a, isCIDR(a) && cidr(a).prefixLength() > 0)",
            message = "addresses must each be an IP address with its prefix length; write it like 192.0.2.10/24 or "
                    + "2001:db8::10/64")
    @ValidationRule(
            value = "self.all(a, !isCIDR(a) || cidr(a).ip().isGlobalUnicast() || cidr(a).ip().isLinkLocalUnicast())",
            message = "addresses must each be unicast and not loopback; write one that a port can have")
    @ValidationRule(
            value = "self.all(a, !isCIDR(a) || self.exists_one(b, isCIDR(b) && cidr(b).ip() == cidr(a).ip()))",
            message = "addresses must each be there once; remove the repeated one")
    public List<@Pattern(Patterns.CIDR) @Size(min = 1, max = Limits.MAX_CIDR_LENGTH) String> addresses;

    @JsonPropertyDescription(
            "Routers towards everything that is not on-link, at most one for IPv4 and one for IPv6, each within "
                    + "the subnet of an address. One for IPv6 may be link-local. None are learned from router "
                    + "advertisements.")
    @Size(max = Limits.MAX_GATEWAYS)
    @ValidationRule(
            value = "self.all(g, isIP(g))",
            message =
                    "gateways must each be an IP address without prefix length; write it like 192.0.2.1 or 2001:db8::1")
    @ValidationRule(
            value = "self.all(g, !isIP(g) || self.exists_one(h, isIP(h) && ip(h).family() == ip(g).family()))",
            message = "gateways must be at most one for IPv4 and one for IPv6; keep one of each")
    public List<@Pattern(Patterns.IP) @Size(min = 1, max = Limits.MAX_IP_LENGTH) String> gateways;
}
