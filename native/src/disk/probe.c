// What libblkid knows to be on a device.
#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dcn/disk.h"

struct text {
    char *start;
    size_t size;
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void append(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->start + text->length, text->size - text->length, format, arguments);
    va_end(arguments);
    size_t left = text->size - 1 - text->length;
    text->length += (size_t)length < left ? (size_t)length : left;
}

static const char *value(blkid_probe probe, const char *name) {
    const char *data = NULL;
    return blkid_probe_lookup_value(probe, name, &data, NULL) == 0 ? data : NULL;
}

// "filesystem" and so on, as libblkid names them, in words.
static const char *kind(const char *usage) {
    if (usage == NULL || strcmp(usage, "filesystem") == 0) {
        return "file system";
    }
    if (strcmp(usage, "raid") == 0) {
        return "RAID or volume manager member";
    }
    if (strcmp(usage, "crypto") == 0) {
        return "encrypted volume";
    }
    return "data";
}

static void describe(blkid_probe probe, struct text *text) {
    const char *separator = text->length > 0 ? "; " : "";
    const char *type = value(probe, "TYPE");
    if (type != NULL) {
        append(text, "%s%s %s", separator, type, kind(value(probe, "USAGE")));
        const char *label = value(probe, "LABEL");
        const char *uuid = value(probe, "UUID");
        if (label != NULL) {
            append(text, " label=%s", label);
        }
        if (uuid != NULL) {
            append(text, " uuid=%s", uuid);
        }
        return;
    }
    const char *table = value(probe, "PTTYPE");
    if (table != NULL) {
        append(text, "%s%s partition table", separator, table);
    }
}

int dcn_disk_probe(const char *path, char *text, size_t size) {
    if (size == 0) {
        return -EINVAL;
    }
    text[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    blkid_probe probe = blkid_new_probe();
    if (probe == NULL || blkid_probe_set_device(probe, fd, 0, 0) < 0) {
        blkid_free_probe(probe);
        (void)close(fd);
        return -EIO;
    }
    blkid_probe_enable_superblocks(probe, 1);
    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_LABEL |
                                                 BLKID_SUBLKS_UUID | BLKID_SUBLKS_BADCSUM);
    blkid_probe_enable_partitions(probe, 1);
    blkid_probe_set_partitions_flags(probe, BLKID_PARTS_FORCE_GPT);
    struct text found = {.start = text, .size = size, .length = 0};
    int more;
    // Each turn finds one signature; two at once (an old file system under a new partition table) are both reported.
    while ((more = blkid_do_probe(probe)) == 0) {
        describe(probe, &found);
    }
    blkid_free_probe(probe);
    (void)close(fd);
    return more < 0 ? -EIO : (int)found.length;
}
