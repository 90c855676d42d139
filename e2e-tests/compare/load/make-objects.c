/*
 * Writes the benchmark's objects: make-objects DIRECTORY COUNT BYTES makes DIRECTORY/0000, 0001, ... of BYTES each,
 * with the bytes of content.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content.h"

static int write_object(const char *directory, uint32_t object, uint8_t *bytes, size_t length_bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%04u", directory, object);
    content_fill(bytes, length_bytes, object, 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    for (size_t done = 0; fd >= 0 && done < length_bytes;) {
        ssize_t written = write(fd, bytes + done, length_bytes - done);
        if (written < 0) {
            close(fd);
            fd = -1;
            break;
        }
        done += (size_t)written;
    }
    if (fd < 0 || close(fd) < 0) {
        fprintf(stderr, "make-objects: cannot write path=%s: %s\n", path, strerror(errno));
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    long long count = argc == 4 ? atoll(argv[2]) : 0;
    long long length_bytes = argc == 4 ? atoll(argv[3]) : 0;
    if (count <= 0 || length_bytes <= 0 || length_bytes > 1 << 30) {
        fprintf(stderr, "Usage: make-objects DIRECTORY COUNT BYTES (each at least 1, BYTES at most 1 GiB)\n");
        return 2;
    }
    uint8_t *bytes = malloc((size_t)length_bytes);
    if (bytes == NULL) {
        fprintf(stderr, "make-objects: no memory for bytes=%lld\n", length_bytes);
        return 1;
    }
    int result = 0;
    for (long long object = 0; result == 0 && object < count; object++)
        result = write_object(argv[1], (uint32_t)object, bytes, (size_t)length_bytes);
    free(bytes);
    return result == 0 ? 0 : 1;
}
