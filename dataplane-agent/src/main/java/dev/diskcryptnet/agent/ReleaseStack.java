package dev.diskcryptnet.agent;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Things to close, last opened first. One that fails to close is logged and does not keep the others open. */
final class ReleaseStack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReleaseStack.class);

    private record Entry(String name, AutoCloseable resource) {}

    private final Deque<Entry> entries = new ArrayDeque<>();

    /** Adds {@code resource} and returns it; {@code name} is for the log. */
    <T extends AutoCloseable> T add(String name, T resource) {
        entries.push(new Entry(name, resource));
        return resource;
    }

    @Override
    public void close() {
        while (!entries.isEmpty()) {
            Entry entry = entries.pop();
            try {
                entry.resource().close();
            } catch (Exception e) {
                LOG.atError().setCause(e).addKeyValue("resource", entry.name()).log("release-failed");
            }
        }
    }
}
