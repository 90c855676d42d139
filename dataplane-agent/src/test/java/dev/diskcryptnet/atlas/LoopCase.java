package dev.diskcryptnet.atlas;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.load.BodyCheck;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** What tests of the loop have in common: a disk whose content is known, objects on it, and an end to all that they open. */
abstract class LoopCase {
    /** Content is a function of the place on the disk, so that any byte can be checked without keeping it. */
    static final String PATTERN = "mem:64G?seed=7";

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable closeable : open.reversed()) {
            closeable.close();
        }
    }

    <T extends AutoCloseable> T opened(T closeable) {
        open.add(closeable);
        return closeable;
    }

    Disk pattern() {
        return opened(Disks.open(PATTERN, OpenMode.READ_ONLY));
    }

    static ObjectSource only(PatternObject... objects) {
        return path -> {
            for (PatternObject object : objects) {
                if (object.path().equals(path)) {
                    return object;
                }
            }
            return null;
        };
    }

    static List<String> paths(PatternObject... objects) {
        return java.util.Arrays.stream(objects).map(PatternObject::path).toList();
    }

    /** Compares with what the disk holds at that place, read through a queue of its own. */
    BodyCheck sameAs(Disk disk, PatternObject... objects) {
        var reader = opened(new DirectReader(disk));
        return (path, bodyOffset, buffer, offset, lengthBytes) ->
                reader.holds(objects[path], bodyOffset, buffer, offset, lengthBytes);
    }
}
