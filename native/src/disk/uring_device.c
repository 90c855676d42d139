// Opening a block device or a regular file, and what the kernel says about it.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "disk/device.h"
#include "disk/uring.h"

// What every file system's direct I/O is content with.
#define FILE_BLOCK_BYTES 4096u

// Model, serial number, NUMA node and longest transfer of the block device `number`, all optional.
static void learn_from_sysfs(dev_t number, struct dcn_disk_opened *out) {
    char link[64];
    char sysfs[PATH_MAX];
    (void)snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(number), minor(number));
    if (realpath(link, sysfs) == NULL) {
        return;
    }
    out->numa_node = sysfs_numa_node(sysfs);
    long partition;
    if (sysfs_number(sysfs, "partition", &partition)) {
        *strrchr(sysfs, '/') = '\0';  // the whole disk has the queue and the names
    }
    long kilobytes;
    if (sysfs_number(sysfs, "queue/max_sectors_kb", &kilobytes) && kilobytes > 0 &&
        kilobytes < (long)(out->max_transfer_bytes / 1024)) {
        out->max_transfer_bytes = (uint32_t)kilobytes * 1024;
    }
    (void)sysfs_line(sysfs, "device/model", out->model, sizeof out->model);
    if (!sysfs_line(sysfs, "device/serial", out->serial, sizeof out->serial)) {
        (void)sysfs_line(sysfs, "serial", out->serial, sizeof out->serial);
    }
}

static int learn_block_device(int fd, const struct stat *status, struct dcn_disk_opened *out) {
    uint64_t capacity;
    int block;
    if (ioctl(fd, BLKGETSIZE64, &capacity) < 0 || ioctl(fd, BLKSSZGET, &block) < 0) {
        return -errno;
    }
    out->is_block_device = 1;
    out->block_bytes = (uint32_t)block;
    out->alignment_bytes = out->block_bytes;
    out->capacity_bytes = (int64_t)(capacity - capacity % out->block_bytes);
    learn_from_sysfs(status->st_rdev, out);
    return 0;
}

static void learn_file(int fd, const struct stat *status, struct dcn_disk_opened *out) {
    uint32_t memory;
    uint32_t offset;
    uring_direct_alignment(fd, &memory, &offset);
    out->block_bytes = offset >= 512 ? offset : FILE_BLOCK_BYTES;
    out->alignment_bytes = memory > out->block_bytes ? memory : out->block_bytes;
    out->capacity_bytes = status->st_size - status->st_size % out->block_bytes;
    learn_from_sysfs(status->st_dev, out);
}

// Splits "/path?direct=0" into path and option.
static int parse(const char *rest, char path[PATH_MAX], bool *direct, struct dcn_disk_opened *out) {
    const char *query = strchr(rest, '?');
    size_t length = query == NULL ? strlen(rest) : (size_t)(query - rest);
    *direct = true;
    if (length == 0 || length >= PATH_MAX || rest[0] != '/') {
        return dcn_disk_refuse(out->message, -EINVAL, "the path is not absolute; write uring:/path");
    }
    memcpy(path, rest, length);
    path[length] = '\0';
    if (query == NULL || strcmp(query, "?direct=1") == 0) {
        return 0;
    }
    if (strcmp(query, "?direct=0") != 0) {
        return dcn_disk_refuse(out->message, -EINVAL, "option=%s is unknown; there is direct=0", query + 1);
    }
    *direct = false;
    return 0;
}

// A name in messages and metrics: the path's last part.
static void name(const char *path, struct dcn_disk_opened *out) {
    (void)snprintf(out->id, sizeof out->id, "%.*s", DCN_DISK_TEXT - 1, strrchr(path, '/') + 1);
}

static int refuse_open(const char *path, int error, bool direct, struct dcn_disk_opened *out) {
    switch (error) {
    case EINVAL:
        if (direct) {
            return dcn_disk_refuse(out->message, -error,
                                   "path=%s: its file system knows no O_DIRECT; use another one, or append ?direct=0 "
                                   "to read through the page cache",
                                   path);
        }
        break;
    case EBUSY:
        return dcn_disk_refuse(out->message, -error, "path=%s is mounted, swapped to, or held by another program", path);
    case ENOENT:
    case ENXIO:
        return dcn_disk_refuse(out->message, -error, "path=%s does not exist", path);
    case EROFS:
        return dcn_disk_refuse(out->message, -error, "path=%s is write protected; open it read-only", path);
    default:
        break;
    }
    return dcn_disk_refuse(out->message, -error, "path=%s cannot be opened", path);
}

static int lock_patiently(int fd, int operation) {
    int error = flock(fd, operation | LOCK_NB);
    for (int tries = 1; error < 0 && errno == EWOULDBLOCK && tries < DEVICE_BUSY_TRIES; tries++) {
        (void)usleep(DEVICE_BUSY_PAUSE_US);
        error = flock(fd, operation | LOCK_NB);
    }
    return error;
}

static int lock_file(int fd, const char *path, bool writable, struct dcn_disk_opened *out) {
    if (lock_patiently(fd, writable ? LOCK_EX : LOCK_SH) == 0) {
        return 0;
    }
    if (errno == EWOULDBLOCK) {
        return dcn_disk_refuse(out->message, -EBUSY, "path=%s is locked by another program", path);
    }
    return dcn_disk_refuse(out->message, -errno, "path=%s cannot be locked", path);
}

// Checks and facts of an open descriptor.
static int learn(int fd, const char *path, bool writable, bool direct, struct dcn_disk_opened *out) {
    struct stat status;
    if (fstat(fd, &status) < 0) {
        return dcn_disk_refuse(out->message, -errno, "path=%s has no status", path);
    }
    out->max_transfer_bytes = DEVICE_MAX_TRANSFER_BYTES;
    out->direct = direct;
    name(path, out);
    if (S_ISBLK(status.st_mode)) {
        int error = learn_block_device(fd, &status, out);
        return error < 0 ? dcn_disk_refuse(out->message, error, "path=%s does not tell its size", path) : 0;
    }
    int error = lock_file(fd, path, writable, out);
    if (error == 0) {
        learn_file(fd, &status, out);
    }
    return error;
}

int uring_device_open(const char *rest, uint32_t flags, struct uring_disk *disk, struct dcn_disk_opened *out) {
    char path[PATH_MAX];
    bool direct;
    int error = parse(rest, path, &direct, out);
    if (error < 0) {
        return error;
    }
    struct stat status;
    if (stat(path, &status) < 0) {
        return refuse_open(path, errno, direct, out);
    }
    bool block = S_ISBLK(status.st_mode);
    if (!block && !S_ISREG(status.st_mode)) {
        return dcn_disk_refuse(out->message, -ENOTBLK, "path=%s is neither a block device nor a regular file", path);
    }
    bool writable = (flags & DCN_DISK_WRITABLE) != 0;
    // O_EXCL without O_CREAT: refused while the device is mounted or another one holds it so (open(2)).
    int mode = O_CLOEXEC | (writable ? O_RDWR : O_RDONLY) | (direct ? O_DIRECT : 0) | (block && writable ? O_EXCL : 0);
    int fd = device_open_patiently(path, mode);
    if (fd < 0) {
        return refuse_open(path, errno, direct, out);
    }
    error = learn(fd, path, writable, direct, out);
    if (error < 0) {
        (void)close(fd);
        return error;
    }
    disk->fd = fd;
    disk->writable = writable;
    return 0;
}
