package dev.diskcryptnet.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** The connections of the node, for {@code /v1/connections}. */
@FunctionalInterface
public interface ConnectionSource {
    /**
     * Finds connections, in no order.
     *
     * @param remote address, or prefix as in {@code 192.0.2.0/24}, that clients have; empty for any
     * @param state empty for any
     * @param pathPrefix of the object that is being sent; empty for any connection
     * @param limit most that are told
     * @throws IllegalArgumentException with a sentence, when a filter makes no sense
     */
    List<Connection> find(String remote, String state, String pathPrefix, int limit);

    /**
     * One connection as replies show it.
     *
     * @param remote address and port of the client
     * @param ecn whether routers may mark its packets instead of dropping them
     * @param state handshake, idle, request, response or closing
     * @param stateSeconds since the state began or last made progress
     * @param path of the object that is being sent; absent when there is none
     * @param roundTripSeconds smoothed; absent before it was measured
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Connection(
            int worker,
            String port,
            String remote,
            int localPort,
            boolean tls,
            boolean ecn,
            String state,
            double stateSeconds,
            String path,
            long acknowledgedBytes,
            long pendingBytes,
            long inFlightBytes,
            long retransmittedBytes,
            long congestionWindowBytes,
            Double roundTripSeconds) {}
}
