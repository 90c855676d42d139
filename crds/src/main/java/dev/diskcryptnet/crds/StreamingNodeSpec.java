package dev.diskcryptnet.crds;

import java.util.List;

/** placeholder */
public final class StreamingNodeSpec {
    public List<String> placeholder;
}
