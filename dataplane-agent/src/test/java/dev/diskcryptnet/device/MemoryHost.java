package dev.diskcryptnet.device;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** A machine on the heap, which can be told to end the process in front of any of its steps. */
final class MemoryHost implements Links {
    static final String NAMESPACE = "net:[1]";

    /** The process ends here. An error, so that nothing that handles exceptions catches it. */
    static final class Crash extends Error {
        private Crash(String step) {
            super(step, null, false, false);
        }
    }

    private record Key(String interfaceName, LinkAttribute.Name attribute) {}

    final Map<String, Integer> indexes = new HashMap<>(Map.of("eth1", 7, "eth2", 8));
    final Map<Object, Long> values = new HashMap<>();
    /** Interfaces whose attributes cannot be set. */
    final Set<String> stubborn = new HashSet<>();
    /** Interfaces whose attributes go back by themselves. */
    final Set<String> slippery = new HashSet<>();

    final Set<String> namespaces = new HashSet<>(Set.of(NAMESPACE));
    final List<String> steps = new ArrayList<>();
    String namespace = NAMESPACE;
    String bootId = "boot-1";
    MachineFiles files = new MachineFiles(java.nio.file.Path.of("/nowhere"));
    final Map<String, List<String>> addresses = new HashMap<>();
    /** What virtual functions are told, by interface of the physical one and number. */
    final Map<String, FunctionSettings> functions = new HashMap<>();
    /** Steps that may still be taken; negative for any number. */
    int stepsLeft = -1;

    Host host() {
        return new Host(this, files, () -> bootId);
    }

    void step(String what) {
        if (stepsLeft == 0) {
            throw new Crash(what);
        }
        stepsLeft--;
        steps.add(what);
    }

    long value(String interfaceName, LinkAttribute.Name attribute) {
        long usual =
                switch (attribute) {
                    case GSO_MAX_SIZE, GSO_IPV4_MAX_SIZE -> 65_536;
                    case MTU -> 1500;
                    case UP, DISABLE_IPV6 -> 0;
                };
        return values.getOrDefault(new Key(interfaceName, attribute), usual);
    }

    void set(String interfaceName, LinkAttribute.Name attribute, long value) {
        values.put(new Key(interfaceName, attribute), value);
    }

    /** The interface is gone, and what it was set to. */
    void forget(String interfaceName) {
        indexes.remove(interfaceName);
        values.keySet().removeIf(key -> ((Key) key).interfaceName().equals(interfaceName));
    }

    @Override
    public String namespace() {
        return namespace;
    }

    @Override
    public boolean namespaceExists(String wanted) {
        return namespaces.contains(wanted);
    }

    @Override
    public OptionalInt index(String interfaceName) {
        Integer index = indexes.get(interfaceName);
        return index == null ? OptionalInt.empty() : OptionalInt.of(index);
    }

    @Override
    public long read(String interfaceName, LinkAttribute.Name attribute) {
        return value(interfaceName, attribute);
    }

    @Override
    public void write(String interfaceName, LinkAttribute.Name attribute, long value) {
        step("set " + interfaceName + " " + attribute + " " + value);
        if (stubborn.contains(interfaceName)) {
            throw new HostException("interface=" + interfaceName + " refuses");
        }
        if (!slippery.contains(interfaceName)) {
            set(interfaceName, attribute, value);
        }
    }

    @Override
    public List<String> addresses(String interfaceName) {
        return addresses.getOrDefault(interfaceName, List.of());
    }

    @Override
    public FunctionSettings function(String interfaceName, int index) {
        FunctionSettings found = functions.get(interfaceName + "/" + index);
        if (found == null) {
            throw new HostException("interface=" + interfaceName + " has no virtual function " + index);
        }
        return found;
    }

    /** One step for each setting, as each is a request of its own. */
    @Override
    public void setFunction(String interfaceName, int index, FunctionSettings found, FunctionSettings wanted) {
        String key = interfaceName + "/" + index;
        step("vf " + key + " mac " + wanted.macAddress());
        functions.put(key, function(interfaceName, index).withMacAddress(wanted.macAddress()));
        step("vf " + key + " vlan " + wanted.vlan());
        functions.put(key, function(interfaceName, index).withVlan(wanted.vlan()));
        step("vf " + key + " spoofchk " + wanted.spoofCheck());
        functions.put(key, wanted);
    }

    /** A file each of whose steps is one of this machine's. */
    DurableFile file(java.nio.file.Path path) {
        return new DurableFile(path) {
            @Override
            void write(byte[] content) throws java.io.IOException {
                step("write half");
                super.write(java.util.Arrays.copyOf(content, content.length / 2));
                step("write");
                super.write(content);
            }

            @Override
            void sync(java.nio.channels.FileChannel channel) {
                // This machine never loses its power.
            }

            @Override
            void rename() throws java.io.IOException {
                step("rename");
                super.rename();
            }

            @Override
            void remove() throws java.io.IOException {
                step("remove");
                super.remove();
            }

            @Override
            void syncDirectory() {
                step("sync");
            }
        };
    }
}
