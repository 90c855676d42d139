package dev.diskcryptnet.volume;

/** What is known of an object before its bytes come; {@code expectedBytes} is -1 when its size is not. */
record ObjectSpec(String path, String contentType, long lastModifiedMs, long expectedBytes) {
    ObjectSpec {
        ObjectPath.check(path);
        int typeBytes = contentType.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        if (typeBytes > RecordDescriptor.MAX_CONTENT_TYPE_BYTES) {
            throw new VolumeException(
                    VolumeException.Reason.MISUSE,
                    "path=" + path + " has a content type of bytes=" + typeBytes + ", more than "
                            + RecordDescriptor.MAX_CONTENT_TYPE_BYTES);
        }
        if (contentType.chars().anyMatch(Character::isISOControl)) {
            throw new VolumeException(
                    VolumeException.Reason.MISUSE, "path=" + path + " has a control character in its content type");
        }
    }
}
