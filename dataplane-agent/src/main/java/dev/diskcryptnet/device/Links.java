package dev.diskcryptnet.device;

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
}
