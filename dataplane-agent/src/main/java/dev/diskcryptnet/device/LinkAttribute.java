package dev.diskcryptnet.device;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * An attribute of a network interface.
 *
 * @param namespace network namespace of the interface, as {@link Links#namespace()} has it
 * @param interfaceName as {@code ip link} shows it
 * @param interfaceIndex the kernel's number: an interface of that name with another number is another interface
 * @param attribute which one
 * @param before value to go back to
 * @param after value that the agent sets
 */
public record LinkAttribute(
        String namespace, String interfaceName, int interfaceIndex, Name attribute, long before, long after)
        implements HostChange {
    /** Attributes by the kernel's names. */
    public enum Name {
        /** Bytes of the longest frame that is handed to the device to cut up: IPv6, and IPv4 before Linux 6.3. */
        GSO_MAX_SIZE,
        /** The same over IPv4. */
        GSO_IPV4_MAX_SIZE,
        /** Bytes of the longest IP packet. */
        MTU,
        /** 1 when the interface is up as far as people are concerned (IFF_UP), else 0. */
        UP,
        /** 1 when the kernel's IPv6 leaves the interface alone, so that it gives itself no address; else 0. */
        DISABLE_IPV6;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The change of an attribute from its value of now.
     *
     * @throws HostException when there is no such interface or attribute
     */
    public static LinkAttribute to(long value, Name attribute, String interfaceName, Links links) {
        OptionalInt index = links.index(interfaceName);
        if (index.isEmpty()) {
            throw new HostException("interface=" + interfaceName + " does not exist; see ip link");
        }
        return new LinkAttribute(
                links.namespace(),
                interfaceName,
                index.getAsInt(),
                attribute,
                links.read(interfaceName, attribute),
                value);
    }

    @Override
    public String device() {
        return "interface=" + interfaceName;
    }

    @Override
    public String summary() {
        return attribute + " " + before + " -> " + after;
    }

    @Override
    public String target() {
        return namespace + "/" + interfaceName + "/" + attribute;
    }

    @Override
    public boolean changesNothing() {
        return before == after;
    }

    @Override
    public Observation observe(Host host) {
        Links links = host.links();
        if (!links.namespace().equals(namespace)) {
            return elsewhere(links);
        }
        OptionalInt index = links.index(interfaceName);
        if (index.isEmpty() || index.getAsInt() != interfaceIndex) {
            return new Observation(
                    State.GONE,
                    index.isEmpty()
                            ? "there is no such interface"
                            : "another interface has the name now, number " + index.getAsInt());
        }
        long value = links.read(interfaceName, attribute);
        State state = value == before ? State.BEFORE : value == after ? State.AFTER : State.OTHER;
        return new Observation(state, Long.toString(value));
    }

    private Observation elsewhere(Links links) {
        if (links.namespaceExists(namespace)) {
            throw new HostException(device() + " is in network namespace " + namespace + ", this process is in "
                    + links.namespace() + "; run it there (nsenter --net)");
        }
        return new Observation(State.GONE, "its network namespace " + namespace + " is gone");
    }

    @Override
    public void apply(Host host) {
        host.links().write(interfaceName, attribute, after);
    }

    @Override
    public void undo(Host host) {
        host.links().write(interfaceName, attribute, before);
    }
}
