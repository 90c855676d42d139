package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.StreamingNode;
import java.util.List;

/** What is wrong with a spec: the rules of the CRD, for API servers that do not know them. */
@FunctionalInterface
public interface SpecCheck {
    /** Each problem names the field and the fix; empty for a valid spec. */
    List<String> problems(StreamingNode node);
}
