package dev.diskcryptnet.agent;

import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.agent.config.AgentConfig.ListenerConfig;
import dev.diskcryptnet.atlas.AtlasConfig;
import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.validation.ByteQuantity;

/**
 * How the memory for bytes in flight is shared out. Each worker has for each port slots, which are sent from, and, when a
 * listener has TLS, units, which records are sealed from.
 *
 * @param slotBytes for the slots of one worker and port; 0 for what the driver chooses
 * @param hugePages whether both lie in huge pages
 */
record BufferPlan(long slotBytes, boolean hugePages) {
    /** What a driver takes at most by itself. */
    private static final long MAX_DEFAULT_BYTES = 32L << 20;

    /**
     * Shares out what a configuration gives.
     *
     * @throws CommandException when its huge pages do not hold what must lie in them
     */
    static BufferPlan of(AgentConfig config) {
        long sharers = (long) config.workers() * config.ports().size();
        if (config.hugePageBytes() == 0) {
            return new BufferPlan(config.bufferBytes() / sharers, false);
        }
        boolean tls = config.listeners().stream().anyMatch(ListenerConfig::isTls);
        long unitBytes = tls ? AtlasConfig.UNIT_MEMORY_BYTES : 0;
        long free = config.hugePageBytes() / sharers - unitBytes;
        long wanted = config.bufferBytes() == 0 ? Math.min(MAX_DEFAULT_BYTES, free) : config.bufferBytes() / sharers;
        long slotBytes = wanted & -Limits.HUGE_PAGE_BYTES;
        if (slotBytes > free || slotBytes < Limits.MIN_WORKER_BUFFER_BYTES) {
            long least = config.bufferBytes() == 0 ? Limits.MIN_WORKER_BUFFER_BYTES : slotBytes;
            throw tooSmall(config, sharers * (Math.max(least, Limits.MIN_WORKER_BUFFER_BYTES) + unitBytes), unitBytes);
        }
        return new BufferPlan(slotBytes, true);
    }

    private static CommandException tooSmall(AgentConfig config, long leastBytes, long unitBytes) {
        String sealing = unitBytes == 0
                ? ""
                : " and, for each worker and port, " + ByteQuantity.format(unitBytes) + " to seal TLS records from";
        return new CommandException(
                ExitCode.USAGE,
                Reason.SpecInvalid,
                null,
                "workers.hugepages=" + ByteQuantity.format(config.hugePageBytes())
                        + " does not hold the buffers of workers="
                        + config.workers() + " on ports=" + config.ports().size() + sealing + "; write at least "
                        + ByteQuantity.format(leastBytes)
                        + (config.bufferBytes() == 0 ? "" : ", or less for workers.bufferMemory"),
                null);
    }

    /** A port's URI with the options that give it its share. */
    String appliedTo(String uri) {
        return slotBytes == 0
                ? uri
                : uri + (uri.contains("?") ? "&" : "?") + "memory=" + slotBytes + (hugePages ? "&huge=1" : "");
    }
}
