// Exclusive holds of block devices.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dcn/disk.h"

int dcn_disk_claim(const char *path) {
    // Opened for reading: a close after opening for writing would make udev read the device anew.
    int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    struct stat status;
    int rc = fstat(fd, &status) < 0 ? -errno : S_ISBLK(status.st_mode) ? 0 : -ENOTBLK;
    if (rc < 0) {
        // O_EXCL means nothing on anything else.
        (void)close(fd);
        return rc;
    }
    return fd;
}

int dcn_disk_unclaim(int claim) {
    return close(claim) < 0 ? -errno : 0;
}
