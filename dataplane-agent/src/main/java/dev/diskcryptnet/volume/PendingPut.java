package dev.diskcryptnet.volume;

/** An object whose data is on its way to the disk and whose record is not yet published. */
record PendingPut(
        String path,
        String contentType,
        long sizeBytes,
        long lastModifiedMs,
        long checksum,
        Member member,
        long[] extents,
        byte[] record) {}
