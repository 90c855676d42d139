// Opening the character device of an NVMe namespace, and what it and the kernel say about it.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "disk/device.h"
#include "disk/passthru.h"

// A controller's pages are at least this long (CAP.MPSMIN, base specification section 3.1.4.1).
#define PAGE_BYTES 4096u

// Splits "/dev/ng0n1?poll=0" into path and option.
static int parse(const char *rest, char path[PATH_MAX], int *poll, struct dcn_disk_opened *out) {
    const char *query = strchr(rest, '?');
    size_t length = query == NULL ? strlen(rest) : (size_t)(query - rest);
    *poll = -1;
    if (length == 0 || length >= PATH_MAX || rest[0] != '/') {
        return dcn_disk_refuse(out->message, -EINVAL, "the path is not absolute; write passthru:/dev/ng0n1");
    }
    memcpy(path, rest, length);
    path[length] = '\0';
    if (query == NULL) {
        return 0;
    }
    if (strcmp(query, "?poll=0") != 0 && strcmp(query, "?poll=1") != 0) {
        return dcn_disk_refuse(out->message, -EINVAL, "option=%s is unknown; there are poll=0 and poll=1", query + 1);
    }
    *poll = query[strlen(query) - 1] - '0';
    return 0;
}

// Finds the directory of the namespace's block device in sysfs: "ng0n1" has "nvme0n1" beside it.
static int find(const char *path, char block[PATH_MAX], struct dcn_disk_opened *out) {
    struct stat status;
    if (stat(path, &status) < 0) {
        return dcn_disk_refuse(out->message, -errno, "path=%s does not exist", path);
    }
    char link[64];
    char sysfs[PATH_MAX];
    (void)snprintf(link, sizeof link, "/sys/dev/char/%u:%u", major(status.st_rdev), minor(status.st_rdev));
    const char *name = NULL;
    if (S_ISCHR(status.st_mode) && realpath(link, sysfs) != NULL) {
        name = strrchr(sysfs, '/') + 1;
    }
    if (name == NULL || strncmp(name, "ng", 2) != 0) {
        return dcn_disk_refuse(out->message, -ENOTTY,
                               "path=%s is not the character device of an NVMe namespace, such as /dev/ng0n1", path);
    }
    (void)snprintf(out->id, sizeof out->id, "%.*s", DCN_DISK_TEXT - 1, name);
    if (snprintf(block, PATH_MAX, "%.*s/nvme%s", (int)(name - 1 - sysfs), sysfs, name + 2) >= PATH_MAX ||
        access(block, F_OK) < 0) {
        return dcn_disk_refuse(out->message, -ENODEV,
                               "path=%s has no block device, so the kernel finds its namespace to be of no known format "
                               "or command set",
                               path);
    }
    return 0;
}

// Opens the block device `name`. What others have written to it and the kernel has not is written now; what the kernel has
// read of it is forgotten, as it will not see what is written past it.
static int open_block(const char *path, const char *name, struct passthru_disk *disk, struct dcn_disk_opened *out) {
    char device[PATH_MAX];
    (void)snprintf(device, sizeof device, "/dev/%s", name);
    int fd = device_open_patiently(device, O_CLOEXEC | (disk->writable ? O_RDWR | O_EXCL : O_RDONLY));
    if (fd < 0 && errno == EBUSY) {
        return dcn_disk_refuse(out->message, -EBUSY,
                               "path=%s: its block device %s is mounted, swapped to, or held by another program", path,
                               device);
    }
    if (fd < 0) {
        return dcn_disk_refuse(out->message, -errno, "path=%s: its block device %s cannot be opened", path, device);
    }
    if (fsync(fd) < 0 || (disk->writable && ioctl(fd, BLKFLSBUF, 0) < 0)) {
        int error = -errno;
        (void)close(fd);
        return dcn_disk_refuse(out->message, error, "path=%s: what is cached of %s cannot be flushed", path, device);
    }
    if (!disk->writable) {
        (void)close(fd);
        fd = -1;
    }
    disk->block_fd = fd;
    return 0;
}

static int identify(int fd, uint32_t nsid, uint32_t cns, uint8_t page[NVME_IDENTIFY_BYTES]) {
    struct nvme_admin_cmd command = {
        .opcode = NVME_ADMIN_IDENTIFY,
        .nsid = nsid,
        .addr = (uint64_t)(uintptr_t)page,
        .data_len = NVME_IDENTIFY_BYTES,
        .cdw10 = cns,
    };
    int status = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);
    return status < 0 ? -errno : nvme_errno((uint16_t)status);
}

static int learn_from_device(const char *path, struct passthru_disk *disk, struct dcn_disk_opened *out) {
    int nsid = ioctl(disk->fd, NVME_IOCTL_ID);
    if (nsid <= 0) {
        return dcn_disk_refuse(out->message, nsid < 0 ? -errno : -EIO, "path=%s does not tell its namespace", path);
    }
    disk->nsid = (uint32_t)nsid;
    uint8_t page[NVME_IDENTIFY_BYTES];
    int error = identify(disk->fd, disk->nsid, NVME_CNS_NAMESPACE, page);
    if (error < 0) {
        return dcn_disk_refuse(out->message, error, "path=%s does not identify namespace=%u", path, disk->nsid);
    }
    error = nvme_namespace_parse(page, disk->nsid, &disk->namespace, out->message);
    if (error < 0) {
        return error;
    }
    error = identify(disk->fd, 0, NVME_CNS_CONTROLLER, page);
    if (error < 0) {
        return dcn_disk_refuse(out->message, error, "path=%s does not identify its controller", path);
    }
    struct nvme_controller controller;
    nvme_controller_parse(page, &controller);
    memcpy(out->model, controller.model, sizeof out->model);
    memcpy(out->serial, controller.serial, sizeof out->serial);
    out->block_bytes = 1u << disk->namespace.block_shift;
    out->alignment_bytes = out->block_bytes;
    out->capacity_bytes = nvme_capacity_bytes(&disk->namespace);
    out->max_transfer_bytes = nvme_transfer_bytes(controller.mdts, PAGE_BYTES, DEVICE_MAX_TRANSFER_BYTES);
    return 0;
}

static void limit_transfer(long bytes, struct dcn_disk_opened *out) {
    if (bytes >= PAGE_BYTES && bytes < (long)out->max_transfer_bytes) {
        out->max_transfer_bytes = (uint32_t)bytes;
    }
}

// A command through this device is not cut up by the kernel, and it must not have more pieces than the kernel's driver
// takes, or the kernel copies: each page may be a piece, and the first may begin in the middle.
static void learn_from_sysfs(const char *block, bool *pollable, struct dcn_disk_opened *out) {
    long number;
    if (sysfs_number(block, "queue/max_hw_sectors_kb", &number)) {
        limit_transfer(number * 1024, out);
    }
    if (sysfs_number(block, "queue/max_segments", &number) && number > 1) {
        limit_transfer((number - 1) * PAGE_BYTES, out);
    }
    *pollable = sysfs_number(block, "queue/io_poll", &number) && number == 1;
    out->numa_node = sysfs_numa_node(block);
}

static int check_zones(const char *path, const char *block, struct dcn_disk_opened *out) {
    char zoned[32];
    if (sysfs_line(block, "queue/zoned", zoned, sizeof zoned) && strcmp(zoned, "none") != 0) {
        return dcn_disk_refuse(out->message, -EMEDIUMTYPE, "path=%s is zoned=%s; a volume needs a disk without zones",
                               path, zoned);
    }
    return 0;
}

int passthru_device_open(const char *rest, uint32_t flags, struct passthru_disk *disk, int *poll, bool *pollable,
                         struct dcn_disk_opened *out) {
    char path[PATH_MAX];
    char block[PATH_MAX];
    int error = parse(rest, path, poll, out);
    if (error == 0) {
        error = find(path, block, out);
    }
    if (error == 0) {
        error = check_zones(path, block, out);
    }
    if (error < 0) {
        return error;
    }
    disk->writable = (flags & DCN_DISK_WRITABLE) != 0;
    disk->fd = open(path, O_CLOEXEC | (disk->writable ? O_RDWR : O_RDONLY));
    if (disk->fd < 0) {
        return dcn_disk_refuse(out->message, -errno, "path=%s cannot be opened", path);
    }
    error = open_block(path, strrchr(block, '/') + 1, disk, out);
    if (error == 0) {
        error = learn_from_device(path, disk, out);
        if (error < 0 && disk->block_fd >= 0) {
            (void)close(disk->block_fd);
        }
    }
    if (error < 0) {
        (void)close(disk->fd);
        return error;
    }
    learn_from_sysfs(block, pollable, out);
    disk->max_transfer_bytes = out->max_transfer_bytes;
    out->is_block_device = 1;
    out->direct = 1;
    return 0;
}
