package dev.diskcryptnet.device;

import java.util.List;
import java.util.OptionalInt;

/** Attributes of network interfaces. Methods that cannot do what they say throw {@link HostException}. */
public interface Links {
    /** The network namespace that names are looked up in, in the kernel's notation, for example net:[4026531840]. */
    String namespace();

    /** Whether a network namespace is still there, as far as this process can see. */
    boolean namespaceExists(String namespace);

    /** The kernel's number of an interface, which another of the same name does not have; empty when there is none. */
    OptionalInt index(String interfaceName);

    /** @throws HostException when there is no such interface, or no such attribute in this kernel */
    long read(String interfaceName, LinkAttribute.Name attribute);

    /** @throws HostException when the kernel refuses the value */
    void write(String interfaceName, LinkAttribute.Name attribute, long value);

    /** IP addresses that the kernel has on an interface, link-local ones of IPv6 left out: they come by themselves. */
    List<String> addresses(String interfaceName);

    /**
     * Settings of a virtual function.
     *
     * @param interfaceName of its physical function
     * @param index its number
     */
    FunctionSettings function(String interfaceName, int index);

    /**
     * Sets what differs from {@code found}.
     *
     * @param found what {@link #function} said
     */
    void setFunction(String interfaceName, int index, FunctionSettings found, FunctionSettings wanted);
}
