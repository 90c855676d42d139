package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether a port may have its packets copied by the kernel. */
public enum ZeroCopy {
    /** The device must read and write the port's memory itself. */
    @JsonProperty("Require")
    REQUIRE,
    /** The kernel may copy where the interface's driver cannot do without. */
    @JsonProperty("Prefer")
    PREFER
}
