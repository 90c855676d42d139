package dev.diskcryptnet.operator.model;

import dev.diskcryptnet.crds.ResourcesSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.Map;
import java.util.TreeMap;

/** Processors and memory of the agent's pod. */
public final class PodResources {
    /** Resource name of 2 MiB pages. */
    public static final String HUGEPAGES = "hugepages-2Mi";

    private static final long MIB = 1L << 20;
    private static final long HUGEPAGE_MIB = 2;
    /** Heap of at most 512 MiB, class and code space, the JVM's own structures and the native library. */
    private static final long PROCESS_MIB = 800;
    /** Connections, rings and stacks of one worker. */
    private static final long WORKER_MIB = 96;
    /** A worker that shares its processor still needs some of it at once when streams start. */
    private static final int SHARED_WORKER_MILLICPU = 500;

    private PodResources() {}

    /** What the spec asks for, else what its workers need. */
    public static ResourceRequirements of(Declaration declared) {
        Map<String, Quantity> requests = new TreeMap<>();
        Map<String, Quantity> limits = new TreeMap<>();
        Quantity memory = new Quantity(memoryMib(declared) + "Mi");
        requests.put("memory", memory);
        limits.put("memory", memory);
        if (declared.dedicated()) {
            // One more for what is not a worker (handshakes, admin endpoint, compiler, collector), which would
            // otherwise run on a worker's. Whole numbers and limits equal to requests make the pod Guaranteed, which
            // the
            // kubelet's static CPU manager needs to give processors away.
            Quantity cpus = new Quantity(Integer.toString(declared.workers() + 1));
            requests.put("cpu", cpus);
            limits.put("cpu", cpus);
        } else {
            int millicpu = declared.workers() * SHARED_WORKER_MILLICPU;
            requests.put("cpu", new Quantity(millicpu % 1000 == 0 ? millicpu / 1000 + "" : millicpu + "m"));
        }
        if (declared.hugepageBytes() > 0) {
            Quantity pages = new Quantity(hugepages(declared.hugepageBytes()) * HUGEPAGE_MIB + "Mi");
            requests.put(HUGEPAGES, pages);
            limits.put(HUGEPAGES, pages);
        }
        override(declared.agent().resources, requests, limits);
        return new ResourceRequirementsBuilder()
                .withRequests(requests)
                .withLimits(limits)
                .build();
    }

    private static long memoryMib(Declaration declared) {
        long buffers = declared.hugepageBytes() > 0 ? 0 : mebibytes(declared.bufferBytes());
        return PROCESS_MIB + WORKER_MIB * declared.workers() + buffers;
    }

    private static long hugepages(long bytes) {
        return (mebibytes(bytes) + HUGEPAGE_MIB - 1) / HUGEPAGE_MIB;
    }

    private static long mebibytes(long bytes) {
        return (bytes + MIB - 1) / MIB;
    }

    /** A resource that the spec names is as the spec says, in requests and in limits; the others stay worked out. */
    private static void override(ResourcesSpec given, Map<String, Quantity> requests, Map<String, Quantity> limits) {
        if (given == null) {
            return;
        }
        Map<String, String> givenRequests = given.requests == null ? Map.of() : given.requests;
        Map<String, String> givenLimits = given.limits == null ? Map.of() : given.limits;
        givenRequests.keySet().forEach(limits::remove);
        givenLimits.forEach((name, value) -> {
            requests.put(name, new Quantity(value));
            limits.put(name, new Quantity(value));
        });
        givenRequests.forEach((name, value) -> requests.put(name, new Quantity(value)));
    }
}
