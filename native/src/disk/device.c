#include "disk/device.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "disk/nvme_smart.h"

bool sysfs_line(const char *directory, const char *name, char *text, size_t size) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path) {
        return false;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    char line[256];
    bool found = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file);
    if (!found) {
        return false;
    }
    size_t length = strlen(line);
    while (length > 0 && isspace((unsigned char)line[length - 1])) {
        line[--length] = '\0';
    }
    char *start = line;
    while (isspace((unsigned char)*start)) {
        start++;
    }
    (void)snprintf(text, size, "%.*s", (int)(size - 1), start);
    return *start != '\0';
}

bool sysfs_number(const char *directory, const char *name, long *number) {
    char text[64];
    if (!sysfs_line(directory, name, text, sizeof text)) {
        return false;
    }
    char *end;
    errno = 0;
    *number = strtol(text, &end, 10);
    return errno == 0 && end != text;
}

int sysfs_numa_node(const char *sysfs) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", sysfs);
    for (char *slash = path + strlen(path); slash != NULL && slash != path; slash = strrchr(path, '/')) {
        *slash = '\0';
        long node;
        if (sysfs_number(path, "numa_node", &node)) {
            return (int)node;
        }
    }
    return -1;
}

int device_open_patiently(const char *path, int mode) {
    int fd = open(path, mode);
    for (int tries = 1; fd < 0 && errno == EBUSY && tries < DEVICE_BUSY_TRIES; tries++) {
        (void)usleep(DEVICE_BUSY_PAUSE_US);
        fd = open(path, mode);
    }
    return fd;
}

int device_health(int fd, struct dcn_disk_health *out) {
    struct stat status;
    if (fstat(fd, &status) < 0) {
        return -errno;
    }
    if (!S_ISBLK(status.st_mode) && !S_ISCHR(status.st_mode)) {
        return 0;
    }
    // A descriptor outlives the device; the device's place in sysfs does not, and its number is not given away before.
    char sysfs[64];
    (void)snprintf(sysfs, sizeof sysfs, "/sys/dev/%s/%u:%u", S_ISBLK(status.st_mode) ? "block" : "char",
                   major(status.st_rdev), minor(status.st_rdev));
    if (access(sysfs, F_OK) < 0 && errno == ENOENT) {
        out->state = DCN_DISK_GONE;
        (void)snprintf(out->message, sizeof out->message, "the kernel has removed the device");
        return 0;
    }
    nvme_smart_ask(fd, out);
    return 0;
}
