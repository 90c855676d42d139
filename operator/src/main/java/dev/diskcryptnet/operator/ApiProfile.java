package dev.diskcryptnet.operator;

import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.dependent.ReplaceApplier;
import dev.diskcryptnet.operator.dependent.ServerSideApplier;
import dev.diskcryptnet.operator.dependent.WriteGuard;
import io.fabric8.kubernetes.client.KubernetesClient;

/** What kind of API server the operator talks to. Everything that differs between the two is decided here. */
public enum ApiProfile {
    /** A Kubernetes API server: server-side apply, field selectors and leases work. */
    SERVER("server", true, true) {
        @Override
        public Applier applier(KubernetesClient client, WriteGuard guard) {
            return new ServerSideApplier(client, guard);
        }
    },
    /**
     * fabric8's server in memory, for one machine and for tests: no server-side apply (objects are replaced under their
     * resourceVersion), no selection by a Secret's type, and one operator only.
     */
    IN_MEMORY("in-memory", false, false) {
        @Override
        public Applier applier(KubernetesClient client, WriteGuard guard) {
            return new ReplaceApplier(client, guard);
        }
    };

    private final String profileName;
    private final boolean leaderElection;
    private final boolean secretTypeSelector;

    ApiProfile(String profileName, boolean leaderElection, boolean secretTypeSelector) {
        this.profileName = profileName;
        this.leaderElection = leaderElection;
        this.secretTypeSelector = secretTypeSelector;
    }

    /** The profile called {@code name}; throws {@link IllegalArgumentException} when there is none. */
    public static ApiProfile named(String name) {
        for (ApiProfile profile : values()) {
            if (profile.profileName.equals(name)) {
                return profile;
            }
        }
        throw new IllegalArgumentException("DCN_API_PROFILE=" + name + ": set it to server or in-memory");
    }

    /** As {@code DCN_API_PROFILE} spells it. */
    public String profileName() {
        return profileName;
    }

    /** Whether a lease decides which replica works, unless {@code DCN_LEADER_ELECTION} says otherwise. */
    public boolean leaderElection() {
        return leaderElection;
    }

    /** Whether Secrets can be watched by {@code type}; else all of a namespace are. */
    public boolean secretTypeSelector() {
        return secretTypeSelector;
    }

    /** How objects are written. */
    public abstract Applier applier(KubernetesClient client, WriteGuard guard);
}
