// The driver table, and opening a namespace behind it.
#include "disk/vfio.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk/device.h"

#define ADDRESS_LENGTH 12  // 0000:01:00.0

static bool is_address(const char *text, size_t length) {
    static const char shape[] = "xxxx:xx:xx.x";
    if (length != ADDRESS_LENGTH) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (shape[i] == 'x' ? !isxdigit((unsigned char)text[i]) || isupper((unsigned char)text[i]) : text[i] != shape[i]) {
            return false;
        }
    }
    return true;
}

// Splits "0000:01:00.0?namespace=2".
static int parse(const char *rest, char address[VFIO_ADDRESS_BYTES], uint32_t *nsid, struct dcn_disk_opened *out) {
    const char *query = strchr(rest, '?');
    size_t length = query == NULL ? strlen(rest) : (size_t)(query - rest);
    if (!is_address(rest, length)) {
        return dcn_disk_refuse(out->message, -EINVAL, "no PCI address; write vfio:0000:01:00.0, in lower case");
    }
    memcpy(address, rest, length);
    address[length] = '\0';
    *nsid = 1;
    if (query == NULL) {
        return 0;
    }
    static const char option[] = "?namespace=";
    const char *number = query + sizeof option - 1;
    char *end = NULL;
    unsigned long value = 0;
    if (strncmp(query, option, sizeof option - 1) == 0 && isdigit((unsigned char)*number)) {
        value = strtoul(number, &end, 10);
    }
    if (end == NULL || *end != '\0' || value == 0 || value >= NVME_ALL_NAMESPACES) {
        return dcn_disk_refuse(out->message, -EINVAL, "option=%s is unknown; there is namespace=NUMBER", query + 1);
    }
    *nsid = (uint32_t)value;
    return 0;
}

// As O_EXCL does for the kernel's devices: one writer, and nobody beside it.
static int check_free(const struct vfio_control *control, const struct vfio_disk *self, char *message) {
    for (const struct vfio_disk *other = control->disks; other != NULL; other = other->next) {
        if (other->nsid == self->nsid && (other->writable || self->writable)) {
            return dcn_disk_refuse(message, -EBUSY, "address=%s namespace=%u is open in this program already",
                                   control->device.address, self->nsid);
        }
    }
    return 0;
}

static void tell(const struct vfio_disk *self, struct dcn_disk_opened *out) {
    const struct vfio_control *control = self->control;
    char sysfs[128];
    (void)snprintf(sysfs, sizeof sysfs, "/sys/bus/pci/devices/%s/x", control->device.address);
    out->numa_node = sysfs_numa_node(sysfs);
    out->capacity_bytes = nvme_capacity_bytes(&self->namespace);
    out->block_bytes = 1u << self->namespace.block_shift;
    out->alignment_bytes = out->block_bytes;
    out->max_transfer_bytes = control->max_transfer_bytes;
    out->direct = 1;
    out->is_block_device = 1;
    memcpy(out->model, control->identity.model, sizeof out->model);
    memcpy(out->serial, control->identity.serial, sizeof out->serial);
    (void)snprintf(out->mode, sizeof out->mode, "VFIO queue-pairs=%u entries=%u%s", control->pair_count,
                   NVME_CAP_MQES(control->admin.cap) + 1, control->admin.shadowed ? " doorbells in memory" : "");
    if (self->nsid == 1) {
        (void)snprintf(out->id, sizeof out->id, "%s", control->device.address);
    } else {
        (void)snprintf(out->id, sizeof out->id, "%sn%u", control->device.address, self->nsid);
    }
}

static int attach(struct vfio_disk *self, struct dcn_disk_opened *out) {
    struct vfio_control *control = self->control;
    (void)pthread_mutex_lock(&control->lock);
    int error = check_free(control, self, out->message);
    if (error == 0 && !control->started) {
        error = dcn_disk_refuse(out->message, -EIO, "address=%s is not well: %.400s", control->device.address,
                                control->message);
    }
    if (error == 0) {
        error = vfio_control_namespace(control, self->nsid, &self->namespace, out->message);
    }
    if (error == 0) {
        tell(self, out);
        self->next = control->disks;
        control->disks = self;
    }
    (void)pthread_mutex_unlock(&control->lock);
    return error;
}

static int vfio_open(const char *rest, uint32_t flags, struct dcn_disk_opened *out) {
    char address[VFIO_ADDRESS_BYTES];
    uint32_t nsid;
    int error = parse(rest, address, &nsid, out);
    if (error < 0) {
        return error;
    }
    struct vfio_disk *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return -ENOMEM;
    }
    self->disk.driver = &dcn_disk_vfio;
    self->nsid = nsid;
    self->writable = (flags & DCN_DISK_WRITABLE) != 0;
    error = vfio_control_open(address, &self->control, out->message);
    if (error == 0) {
        error = attach(self, out);
        if (error < 0) {
            vfio_control_close(self->control);
        }
    }
    if (error < 0) {
        free(self);
        return error;
    }
    out->disk = &self->disk;
    return 0;
}

static int vfio_close(struct dcn_disk *disk) {
    struct vfio_disk *self = (struct vfio_disk *)disk;
    struct vfio_control *control = self->control;
    (void)pthread_mutex_lock(&control->lock);
    struct vfio_disk **link = &control->disks;
    while (*link != self) {
        link = &(*link)->next;
    }
    *link = self->next;
    (void)pthread_mutex_unlock(&control->lock);
    vfio_control_close(control);
    free(self);
    return 0;
}

// The kernel keeps nothing of such a disk in memory.
static uint64_t vfio_resident(struct dcn_disk *disk, int64_t offset, uint32_t length_bytes) {
    (void)disk;
    (void)offset;
    (void)length_bytes;
    return 0;
}

const struct dcn_disk_driver dcn_disk_vfio = {
    .scheme = "vfio",
    .open = vfio_open,
    .close = vfio_close,
    .resident = vfio_resident,
    .health = vfio_health,
    .queue_open = vfio_queue_open,
    .queue_submit = vfio_queue_submit,
    .queue_reap = vfio_queue_reap,
    .queue_close = vfio_queue_close,
};
