package dev.diskcryptnet.volume;

/**
 * Something on a disk that is not what was written.
 *
 * @param disk which of the volume's disks, from 0; -1 until the member is known
 * @param path the object concerned, or null when a structure is
 * @param what what is damaged
 * @param deviceOffset where on the disk
 */
public record Damage(int disk, String path, String what, long deviceOffset) {
    static Damage structure(String what, long deviceOffset) {
        return new Damage(-1, null, what, deviceOffset);
    }

    Damage on(int diskIndex) {
        return new Damage(diskIndex, path, what, deviceOffset);
    }

    @Override
    public String toString() {
        return (path == null ? "" : "path=" + path + " ") + what + " damaged on disk=" + disk + " at deviceOffset="
                + deviceOffset;
    }
}
