package dev.diskcryptnet.volume;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Path to object. Lookups take no lock; changes are made under the volume's catalogue lock. The sorted view that a
 * listing needs is built at the first listing, so that opening a large volume does not pay for it.
 */
final class ObjectIndex {
    private final ConcurrentHashMap<String, VolumeObject> byPath;
    private volatile ConcurrentSkipListMap<String, VolumeObject> sorted;

    ObjectIndex(long expected) {
        byPath = new ConcurrentHashMap<>((int) Math.min(expected + expected / 2 + 16, 1 << 29));
    }

    VolumeObject get(String path) {
        return byPath.get(path);
    }

    VolumeObject put(VolumeObject object) {
        ConcurrentSkipListMap<String, VolumeObject> view = sorted;
        if (view != null) {
            view.put(object.path(), object);
        }
        return byPath.put(object.path(), object);
    }

    void remove(String path) {
        ConcurrentSkipListMap<String, VolumeObject> view = sorted;
        if (view != null) {
            view.remove(path);
        }
        byPath.remove(path);
    }

    int size() {
        return byPath.size();
    }

    Collection<VolumeObject> objects() {
        return byPath.values();
    }

    /** Whether {@link #list} can answer without building the view. */
    boolean isSorted() {
        return sorted != null;
    }

    /** Builds the sorted view; under the catalogue lock. */
    void sort() {
        if (sorted == null) {
            sorted = new ConcurrentSkipListMap<>(byPath);
        }
    }

    List<StoredObject> list(String prefix, String after, int limit) {
        boolean fromAfter = after != null && after.compareTo(prefix) >= 0;
        NavigableMap<String, VolumeObject> tail =
                fromAfter ? sorted.tailMap(after, false) : sorted.tailMap(prefix, true);
        List<StoredObject> found = new ArrayList<>(Math.min(limit, 1024));
        for (VolumeObject object : tail.values()) {
            if (found.size() == limit || !object.path().startsWith(prefix)) {
                break;
            }
            found.add(object);
        }
        return found;
    }
}
