package dev.diskcryptnet.atlas;

import dev.diskcryptnet.ip.IpPrefix;
import java.util.Locale;

/**
 * Which connections are asked for.
 *
 * @param remote where clients are; null for anywhere
 * @param state as {@link ConnectionView#state} has it; null for any
 * @param pathPrefix what the path of the object that is being sent begins with; empty for any connection
 * @param limit most connections that are told
 */
public record ConnectionFilter(IpPrefix remote, String state, String pathPrefix, int limit) {
    /** What a connection is told to be doing when its phase does not say it. */
    static final String HANDSHAKE = "handshake";

    public ConnectionFilter {
        if (state != null && !isState(state)) {
            throw new IllegalArgumentException(
                    "state=" + state + " is unknown; there are idle, request, response, " + "closing and " + HANDSHAKE);
        }
    }

    private static boolean isState(String name) {
        for (Session.Phase phase : Session.Phase.values()) {
            if (name.equals(nameOf(phase))) {
                return true;
            }
        }
        return name.equals(HANDSHAKE);
    }

    private static String nameOf(Session.Phase phase) {
        return phase.name().toLowerCase(Locale.ROOT);
    }

    static String stateOf(Session session) {
        return session.tls != null && session.tls.isHandshaking() ? HANDSHAKE : nameOf(session.phase);
    }

    boolean takes(Session session) {
        return (remote == null || remote.contains(session.connection.remoteHigh(), session.connection.remoteLow()))
                && (state == null || state.equals(stateOf(session)))
                && session.pathInProgress().startsWith(pathPrefix);
    }
}
