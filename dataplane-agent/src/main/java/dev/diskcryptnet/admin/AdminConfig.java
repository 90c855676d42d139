package dev.diskcryptnet.admin;

import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * How the endpoint listens and what it bears.
 *
 * @param address where it listens; port 0 takes a free one
 * @param token what PUT and DELETE must show as a Bearer token; null allows neither
 * @param maxConnections beyond this many, new connections are closed at once
 * @param maxUploads beyond this many at a time, an upload is answered with 503
 * @param idleTimeout how long a connection may be silent, between requests and within one
 * @param stopTimeout how long running requests may go on after a stop
 */
public record AdminConfig(
        InetSocketAddress address,
        String token,
        int maxConnections,
        int maxUploads,
        Duration idleTimeout,
        Duration stopTimeout) {
    /** Listens at {@code address} with the usual limits: 128 connections, 8 uploads, 30 s idle, 10 s to stop. */
    public static AdminConfig of(InetSocketAddress address, String token) {
        return new AdminConfig(address, token, 128, 8, Duration.ofSeconds(30), Duration.ofSeconds(10));
    }

    public AdminConfig {
        if (token != null && token.isBlank()) {
            throw new IllegalArgumentException("token is blank: give one, or none to forbid changes");
        }
    }

    /** Leaves the token out. */
    @Override
    public String toString() {
        return "AdminConfig[address=" + address + ", token=" + (token == null ? "none" : "set") + ", maxConnections="
                + maxConnections + ", maxUploads=" + maxUploads + ", idleTimeout=" + idleTimeout + ", stopTimeout="
                + stopTimeout + "]";
    }
}
