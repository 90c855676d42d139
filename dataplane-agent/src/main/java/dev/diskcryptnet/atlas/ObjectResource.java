package dev.diskcryptnet.atlas;

import dev.diskcryptnet.http.Resource;
import dev.diskcryptnet.volume.StoredObject;

/** Shows a stored object to {@code http}, which knows no volumes. One a worker, pointed at one object after the other. */
final class ObjectResource implements Resource {
    private StoredObject object;

    /** This, about {@code object}; or null, as {@code http} wants it, when there is none. */
    Resource of(StoredObject object) {
        this.object = object;
        return object == null ? null : this;
    }

    @Override
    public long sizeBytes() {
        return object.sizeBytes();
    }

    @Override
    public String contentType() {
        return object.contentType();
    }

    @Override
    public String etag() {
        return object.etag();
    }

    @Override
    public long lastModifiedMs() {
        return object.lastModifiedMs();
    }
}
