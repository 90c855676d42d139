package dev.diskcryptnet.volume;

import java.nio.charset.StandardCharsets;

/** What an object's path must be: absolute, normalised, at most 1024 bytes of UTF-8. */
final class ObjectPath {
    private ObjectPath() {}

    /** Throws a {@link VolumeException} that says what is wrong with {@code path}. */
    static void check(String path) {
        if (path.isEmpty() || path.charAt(0) != '/') {
            throw bad(path, "does not start with a slash");
        }
        if (path.length() == 1 || path.endsWith("/")) {
            throw bad(path, "ends with a slash: it names a directory, not an object");
        }
        for (String segment : path.substring(1).split("/", -1)) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                throw bad(path, "has the segment '" + segment + "', which is not normalised");
            }
        }
        for (int i = 0; i < path.length(); i++) {
            if (Character.isISOControl(path.charAt(i))) {
                throw bad(path, "has a control character at index=" + i);
            }
        }
        int length = path.getBytes(StandardCharsets.UTF_8).length;
        if (length > RecordDescriptor.MAX_PATH_BYTES) {
            String shown = path.substring(0, 64) + "...";
            throw bad(shown, "has pathBytes=" + length + ", more than " + RecordDescriptor.MAX_PATH_BYTES);
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(path)) {
            throw bad(path, "is not valid Unicode");
        }
    }

    private static VolumeException bad(String path, String why) {
        return new VolumeException(VolumeException.Reason.BAD_PATH, "path=" + path + " " + why);
    }
}
