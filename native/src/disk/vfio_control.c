// Controllers that are open. VFIO gives a function to one opener only, so the namespaces of a controller share it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "disk/device.h"
#include "disk/vfio.h"

// Queues besides one for each processor: formats, uploads, verification.
#define SPARE_PAIRS 8

static pthread_mutex_t controls_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vfio_control *controls;

void *vfio_memory_get(struct vfio_control *control, size_t bytes, uint64_t *iova, char message[DCN_DISK_MESSAGE]) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) {
        (void)dcn_disk_refuse(message, -ENOMEM, "no memory of length=%zu bytes for queues", bytes);
        return NULL;
    }
    if (vfio_device_map(&control->device, (uint64_t)(uintptr_t)memory, bytes, iova, message) < 0) {
        (void)munmap(memory, bytes);
        return NULL;
    }
    return memory;
}

void vfio_memory_put(struct vfio_control *control, void *memory, size_t bytes, uint64_t iova) {
    vfio_device_unmap(&control->device, iova);
    (void)munmap(memory, bytes);
}

// How many pairs to ask for: one per processor and some more, as far as there are doorbells and interrupts.
static uint32_t wanted_pairs(const struct vfio_control *control) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t wanted = (processors > 0 ? (uint64_t)processors : 1) + SPARE_PAIRS;
    uint64_t doorbells =
        (control->device.bar_bytes - NVME_REG_DOORBELLS) / (UINT64_C(8) << NVME_CAP_DSTRD(control->admin.cap));
    const uint64_t limits[] = {VFIO_PAIRS_MAX, doorbells > 1 ? doorbells - 1 : 1, control->device.vectors};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        wanted = wanted < limits[i] ? wanted : limits[i];
    }
    return (uint32_t)wanted;
}

static int ask_for_events(struct vfio_control *control) {
    struct nvme_sqe command = {
        .opcode = NVME_ADMIN_SET_FEATURES, .cdw10 = NVME_FEATURE_EVENTS, .cdw11 = NVME_EVENTS_WANTED};
    int error = nvme_admin_run(&control->admin, &command, NULL);
    if (error == -EOPNOTSUPP) {
        // A controller that knows no notices refuses the bits that it does not know.
        command.cdw11 &= 0xff;
        error = nvme_admin_run(&control->admin, &command, NULL);
    }
    if (error == -ETIMEDOUT || error == -ENODEV) {
        return error;
    }
    nvme_admin_listen(&control->admin);
    return 0;
}

static int start(struct vfio_control *control, char *message) {
    struct nvme_admin *admin = &control->admin;
    admin->bar = control->device.bar;
    int error = nvme_admin_start(admin, message);
    if (error < 0) {
        return error;
    }
    error = nvme_admin_identify(admin, 0, NVME_CNS_CONTROLLER);
    if (error < 0) {
        return dcn_disk_refuse(message, error, "the controller does not identify itself (status=0x%x)", admin->status);
    }
    const uint8_t *page = nvme_admin_data(admin);
    nvme_controller_parse(page, &control->identity);
    admin->events_max = page[NVME_CONTROLLER_AERL] + 1u;
    admin->events_max = admin->events_max < NVME_ADMIN_EVENTS_MAX ? admin->events_max : NVME_ADMIN_EVENTS_MAX;
    bool has_buffer = (page[NVME_CONTROLLER_OACS] | page[NVME_CONTROLLER_OACS + 1] << 8) & NVME_OACS_DOORBELL_BUFFER;
    if (control->max_transfer_bytes == 0) {
        // Said once, when the disk was opened; users of queues look at it at any time.
        control->max_transfer_bytes =
            nvme_transfer_bytes(control->identity.mdts, NVME_PAGE_BYTES, DEVICE_MAX_TRANSFER_BYTES);
    }
    int pairs = nvme_admin_queues(admin, wanted_pairs(control));
    if (pairs < 0) {
        return dcn_disk_refuse(message, pairs, "the controller grants no queues (status=0x%x)", admin->status);
    }
    control->pair_limit = (uint32_t)pairs;
    if (has_buffer) {
        nvme_admin_shadow(admin);
    }
    error = ask_for_events(control);
    return error < 0 ? dcn_disk_refuse(message, error, "the controller does not answer") : 0;
}

int vfio_control_start(struct vfio_control *control, char message[DCN_DISK_MESSAGE]) {
    int error = start(control, message);
    control->started = error == 0;
    return error;
}

int vfio_control_namespace(struct vfio_control *control, uint32_t nsid, struct nvme_namespace *out,
                           char message[DCN_DISK_MESSAGE]) {
    int error = nvme_admin_identify(&control->admin, nsid, NVME_CNS_NAMESPACE);
    if (error < 0) {
        return dcn_disk_refuse(message, error == -EOPNOTSUPP ? -ENXIO : error,
                               "address=%s does not identify namespace=%u (status=0x%x)", control->device.address, nsid,
                               control->admin.status);
    }
    return nvme_namespace_parse(nvme_admin_data(&control->admin), nsid, out, message);
}

// Pair i has interrupt i + 1, and leaves the first to the admin queue, as far as there are that many.
static int make_pairs(struct vfio_control *control) {
    control->pairs = calloc(control->pair_limit, sizeof control->pairs[0]);
    if (control->pairs == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < control->pair_limit; i++) {
        struct vfio_pair *pair = &control->pairs[i];
        pair->control = control;
        pair->id = (uint16_t)(i + 1);
        pair->vector = (uint16_t)(control->device.vectors > control->pair_limit ? i + 1 : i);
        pair->shared = i + 1 == control->pair_limit;
        pair->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (pair->event_fd < 0) {
            return -errno;
        }
        control->pair_count++;
    }
    return 0;
}

int vfio_control_connect(struct vfio_control *control, char message[DCN_DISK_MESSAGE]) {
    int32_t fds[VFIO_PAIRS_MAX + 1];
    uint32_t count = control->pairs[control->pair_count - 1].vector + 1u;
    fds[0] = -1;
    for (uint32_t i = 0; i < control->pair_count; i++) {
        fds[control->pairs[i].vector] = control->pairs[i].event_fd;
    }
    if (count > control->device.vectors) {
        return dcn_disk_refuse(message, -ENXIO, "address=%s has interrupts=%u now, and %u are in use",
                               control->device.address, control->device.vectors, count);
    }
    int error = vfio_device_interrupts(&control->device, fds, count);
    return error < 0 ? dcn_disk_refuse(message, error, "address=%s: its interrupts=%u cannot be had",
                                       control->device.address, count)
                     : 0;
}

static void destroy(struct vfio_control *control) {
    if (control->device.fd >= 0) {
        // A device that stopped touches no memory; one that does not is taken its memory away by the close.
        if (control->started) {
            nvme_admin_shutdown(&control->admin);
            (void)nvme_admin_stop(&control->admin);
        }
        vfio_device_close(&control->device);
    }
    for (uint32_t i = 0; i < control->pair_count; i++) {
        (void)close(control->pairs[i].event_fd);
    }
    if (control->admin.memory != NULL) {
        (void)munmap(control->admin.memory, (size_t)NVME_ADMIN_PAGES * NVME_PAGE_BYTES);
    }
    (void)pthread_mutex_destroy(&control->lock);
    free(control->device.space.mappings);
    free(control->pairs);
    free(control);
}

static int bring_up(struct vfio_control *control, char *message) {
    int error = vfio_device_open(&control->device, message);
    if (error < 0) {
        return error;
    }
    size_t bytes = (size_t)NVME_ADMIN_PAGES * NVME_PAGE_BYTES;
    control->admin.memory = vfio_memory_get(control, bytes, &control->admin.iova, message);
    if (control->admin.memory == NULL) {
        return -ENOMEM;
    }
    error = vfio_control_start(control, message);
    if (error < 0) {
        char why[DCN_DISK_MESSAGE];
        memcpy(why, message, sizeof why);
        return dcn_disk_refuse(message, error, "address=%s: %.400s", control->device.address, why);
    }
    memcpy(control->serial, control->identity.serial, sizeof control->serial);
    error = make_pairs(control);
    return error < 0 ? dcn_disk_refuse(message, error, "no memory or eventfds for queue pairs=%u", control->pair_limit)
                     : vfio_control_connect(control, message);
}

int vfio_control_open(const char *address, struct vfio_control **out, char message[DCN_DISK_MESSAGE]) {
    int error = 0;
    (void)pthread_mutex_lock(&controls_lock);
    struct vfio_control *control = controls;
    while (control != NULL && strcmp(control->device.address, address) != 0) {
        control = control->next;
    }
    if (control == NULL) {
        control = calloc(1, sizeof *control);
        if (control == NULL) {
            (void)pthread_mutex_unlock(&controls_lock);
            return -ENOMEM;
        }
        control->device.fd = -1;
        (void)pthread_mutex_init(&control->lock, NULL);
        (void)strcpy(control->device.address, address);
        atomic_store(&control->serviced_ms, nvme_now_ms());
        error = bring_up(control, message);
        if (error < 0) {
            destroy(control);
        } else {
            control->next = controls;
            controls = control;
        }
    }
    if (error == 0) {
        control->references++;
        *out = control;
    }
    (void)pthread_mutex_unlock(&controls_lock);
    return error;
}

void vfio_control_close(struct vfio_control *control) {
    (void)pthread_mutex_lock(&controls_lock);
    if (--control->references == 0) {
        struct vfio_control **link = &controls;
        while (*link != control) {
            link = &(*link)->next;
        }
        *link = control->next;
        destroy(control);
    }
    (void)pthread_mutex_unlock(&controls_lock);
}
