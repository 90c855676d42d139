// The driver table, and the calls that go through it.
#include "dcn/disk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "disk/driver.h"

static const struct dcn_disk_driver *const drivers[] = {&dcn_disk_uring, &dcn_disk_passthru, &dcn_disk_vfio};

int dcn_disk_refuse(char message[DCN_DISK_MESSAGE], int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, DCN_DISK_MESSAGE, format, arguments);
    va_end(arguments);
    return code;
}

int dcn_disk_open(const char *uri, uint32_t flags, struct dcn_disk_opened *out) {
    memset(out, 0, sizeof *out);
    out->numa_node = -1;
    const char *colon = strchr(uri, ':');
    for (size_t i = 0; colon != NULL && i < sizeof drivers / sizeof drivers[0]; i++) {
        size_t length = strlen(drivers[i]->scheme);
        if (length == (size_t)(colon - uri) && memcmp(uri, drivers[i]->scheme, length) == 0) {
            (void)snprintf(out->driver, sizeof out->driver, "%s", drivers[i]->scheme);
            return drivers[i]->open(colon + 1, flags, out);
        }
    }
    return dcn_disk_refuse(out->message, -EPROTONOSUPPORT, "no such disk driver; name one as in uring:/dev/nvme0n1");
}

int dcn_disk_close(struct dcn_disk *disk) {
    return disk->driver->close(disk);
}

uint64_t dcn_disk_resident(struct dcn_disk *disk, int64_t offset, uint32_t length_bytes) {
    return disk->driver->resident(disk, offset, length_bytes);
}

int dcn_disk_health(struct dcn_disk *disk, struct dcn_disk_health *out) {
    *out = (struct dcn_disk_health){.state = DCN_DISK_OK,
                                    .media_errors = -1,
                                    .temperature_kelvin = -1,
                                    .percentage_used = -1,
                                    .spare_percent = -1,
                                    .spare_threshold_percent = -1,
                                    .critical_warning = -1};
    return disk->driver->health(disk, out);
}

int dcn_disk_queue_open(struct dcn_disk *disk, uint32_t depth, const struct dcn_disk_region *regions, uint32_t count,
                        struct dcn_disk_queue_opened *out) {
    memset(out, 0, sizeof *out);
    out->event_fd = -1;
    if (depth == 0 || depth > DCN_DISK_DEPTH_MAX) {
        return dcn_disk_refuse(out->message, -EINVAL, "depth=%u is not in 1..%d", depth, DCN_DISK_DEPTH_MAX);
    }
    if (count > DCN_DISK_REGIONS_MAX) {
        return dcn_disk_refuse(out->message, -EINVAL, "regions=%u are more than %d", count, DCN_DISK_REGIONS_MAX);
    }
    return disk->driver->queue_open(disk, depth, regions, count, out);
}

int dcn_disk_queue_submit(struct dcn_disk_queue *queue, const struct dcn_disk_op *ops, uint32_t count) {
    return queue->driver->queue_submit(queue, ops, count);
}

int dcn_disk_queue_reap(struct dcn_disk_queue *queue, struct dcn_disk_done *dones, uint32_t max) {
    return queue->driver->queue_reap(queue, dones, max);
}

int dcn_disk_queue_close(struct dcn_disk_queue *queue) {
    return queue->driver->queue_close(queue);
}
