// What nobody on the data path does: looking for slow commands, for a device that failed or went, and bringing it back.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "disk/nvme_smart.h"
#include "disk/vfio.h"

#define IDLE_MS 3000u         // a reap that finds nothing serves a controller that nobody served for so long
#define RETRY_GONE_MS 1000u   // a device that went is looked for this often
#define RETRY_FAILED_MS 5000u // and one that failed is tried again
#define SMART_MS 60000u

static void set_state(struct vfio_control *control, uint32_t state) {
    atomic_store_explicit(&control->state, state, memory_order_release);
}

__attribute__((format(printf, 2, 3))) static void say(struct vfio_control *control, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(control->message, sizeof control->message, format, arguments);
    va_end(arguments);
}

static void stop_pairs(struct vfio_control *control) {
    for (uint32_t i = 0; i < control->pair_count; i++) {
        vfio_pair_stop(&control->pairs[i]);
    }
}

static void forget_pairs(struct vfio_control *control, int32_t error, bool all) {
    for (uint32_t i = 0; i < control->pair_count; i++) {
        if (control->pairs[i].user_count > 0) {
            vfio_pair_forget(&control->pairs[i], error, all);
        }
    }
}

// Gives the device up for now. Its memory is taken from it before the commands end, whose buffers are then used again.
static void give_up(struct vfio_control *control, uint32_t state, uint32_t retry_ms) {
    set_state(control, state);
    control->started = false;
    stop_pairs(control);
    vfio_device_close(&control->device);
    forget_pairs(control, state == DCN_DISK_GONE ? -ENODEV : -EIO, true);
    control->retry_ms = nvme_now_ms() + retry_ms;
}

static void gone(struct vfio_control *control, const char *why) {
    say(control, "address=%s %s; it is used again once it is back and bound to vfio-pci", control->device.address, why);
    give_up(control, DCN_DISK_GONE, RETRY_GONE_MS);
}

static int start_pairs(struct vfio_control *control, char *message) {
    for (uint32_t i = 0; i < control->pair_count; i++) {
        struct vfio_pair *pair = &control->pairs[i];
        int error = pair->user_count == 0 ? 0 : vfio_pair_start(pair);
        if (error < 0) {
            return dcn_disk_refuse(message, error, "queue pair %u is not created again (status=0x%x)", pair->id,
                                   control->admin.status);
        }
    }
    return 0;
}

// Looks whether the namespaces are those that were opened.
static void check_namespaces(struct vfio_control *control) {
    for (struct vfio_disk *disk = control->disks; disk != NULL; disk = disk->next) {
        struct nvme_namespace found;
        char message[DCN_DISK_MESSAGE];
        int error = vfio_control_namespace(control, disk->nsid, &found, message);
        disk->lost = error < 0 || found.blocks < disk->namespace.blocks ||
                     found.block_shift != disk->namespace.block_shift;
        if (disk->lost) {
            say(control, "address=%s: %s", control->device.address,
                error < 0 ? message : "the namespace is smaller or has another format than when it was opened");
        }
    }
}

static int bring_back(struct vfio_control *control, char *message) {
    int error = vfio_control_start(control, message);
    if (error < 0) {
        return error;
    }
    // Nothing is handed to a device that is another one.
    if (strcmp(control->serial, control->identity.serial) != 0) {
        return dcn_disk_refuse(message, -ENXIO, "another device is there now, serial=%s and not %s",
                               control->identity.serial, control->serial);
    }
    check_namespaces(control);
    error = start_pairs(control, message);
    if (error < 0) {
        return error;
    }
    control->smart_known = false;
    (void)atomic_fetch_add_explicit(&control->generation, 1, memory_order_relaxed);
    set_state(control, DCN_DISK_OK);
    return 0;
}

// Stops the controller, by whatever it takes. After it, the device touches no memory.
static int stop_device(struct vfio_control *control) {
    int error = nvme_admin_stop(&control->admin);
    if (error == -ETIMEDOUT && vfio_device_reset(&control->device) == 0) {
        error = nvme_admin_stop(&control->admin);
    }
    return error;
}

static void recover(struct vfio_control *control, const char *why) {
    set_state(control, DCN_DISK_RECOVERING);
    say(control, "address=%s was reset: %s", control->device.address, why);
    control->started = false;
    stop_pairs(control);
    char message[DCN_DISK_MESSAGE] = "it does not stop";
    int error = stop_device(control);
    if (error == 0) {
        forget_pairs(control, -EIO, false);
        error = bring_back(control, message);
    }
    if (error == -ENODEV) {
        gone(control, "does not answer");
    } else if (error < 0) {
        say(control, "address=%s failed: %s; a reset does not help: %.300s", control->device.address, why, message);
        give_up(control, DCN_DISK_FAILED, RETRY_FAILED_MS);
    }
}

static int reopen(struct vfio_control *control, char *message) {
    int error = vfio_device_open(&control->device, message);
    if (error == 0) {
        error = vfio_control_connect(control, message);
    }
    return error < 0 ? error : bring_back(control, message);
}

// Tries a device again that failed or went.
static void try_again(struct vfio_control *control) {
    uint32_t before = atomic_load_explicit(&control->state, memory_order_relaxed);
    char message[DCN_DISK_MESSAGE] = "";
    if (reopen(control, message) == 0) {
        say(control, "address=%s is back", control->device.address);
        return;
    }
    if (control->device.fd >= 0) {
        say(control, "address=%s is back, but: %.400s", control->device.address, message);
    }
    give_up(control, before, before == DCN_DISK_GONE ? RETRY_GONE_MS : RETRY_FAILED_MS);
}

// Asks the device to abort what takes too long. Returns whether that has not helped.
static bool abort_slow(struct vfio_pair *pair, uint32_t now_ms) {
    bool hopeless = false;
    for (uint32_t i = 0; i < nvme_queue_slots(pair->entries); i++) {
        vfio_gate_take(pair);
        enum nvme_slowness slowness =
            pair->running ? nvme_slot_look(&pair->ring.memory.slots[i], now_ms) : NVME_IN_TIME;
        vfio_gate_give(pair);
        hopeless |= slowness == NVME_HOPELESS;
        if (slowness == NVME_TO_ABORT &&
            nvme_admin_abort(&pair->control->admin, pair->id, (uint16_t)i) == -ETIMEDOUT) {
            return true;
        }
    }
    return hopeless;
}

static bool has_slow(struct vfio_control *control) {
    bool hopeless = false;
    uint32_t now_ms = nvme_now_ms();
    for (uint32_t i = 0; i < control->pair_count; i++) {
        if (control->pairs[i].user_count > 0 && abort_slow(&control->pairs[i], now_ms)) {
            hopeless = true;
        }
    }
    return hopeless;
}

static int read_smart(struct vfio_control *control) {
    int error = nvme_admin_log(&control->admin, NVME_LOG_SMART, sizeof control->smart);
    control->smart_ms = nvme_now_ms();
    control->smart_known = error == 0;
    if (error == 0) {
        memcpy(control->smart, nvme_admin_data(&control->admin), sizeof control->smart);
    }
    return error;
}

// Follows up what events told, which also lets the next ones come. Returns -errno when the device does not answer.
static int follow_events(struct vfio_control *control) {
    struct nvme_admin *admin = &control->admin;
    nvme_admin_listen(admin);
    int error = 0;
    if (admin->smart_changed || !control->smart_known || nvme_now_ms() - control->smart_ms > SMART_MS) {
        if (admin->smart_changed) {
            say(control, "address=%s reports an event=0x%x", control->device.address, admin->last_event);
        }
        admin->smart_changed = false;
        error = read_smart(control);
    }
    if (admin->namespaces_changed && error != -ETIMEDOUT) {
        admin->namespaces_changed = false;
        error = nvme_admin_log(admin, NVME_LOG_NAMESPACES, NVME_PAGE_BYTES);
        check_namespaces(control);
    }
    return error == -ETIMEDOUT || error == -ENODEV ? error : 0;
}

static void look(struct vfio_control *control) {
    if (vfio_device_is_wanted_back(&control->device)) {
        gone(control, "is being removed");
        return;
    }
    if (!vfio_device_is_there(&control->device)) {
        gone(control, "does not answer");
        return;
    }
    uint32_t status = nvme_read32(control->device.bar, NVME_REG_CSTS);
    if (status == NVME_NOT_THERE) {
        gone(control, "does not answer");
    } else if ((status & NVME_CSTS_FATAL) != 0) {
        recover(control, "it reports a fatal error (CSTS.CFS)");
    } else if ((status & NVME_CSTS_READY) == 0) {
        recover(control, "it stopped by itself (CSTS.RDY)");
    } else if (has_slow(control)) {
        recover(control, "a command took too long, and could not be aborted");
    } else if (follow_events(control) < 0) {
        recover(control, "an admin command took too long");
    }
}

void vfio_service(struct vfio_control *control) {
    uint32_t state = atomic_load_explicit(&control->state, memory_order_relaxed);
    if (state == DCN_DISK_OK) {
        look(control);
    } else if ((int32_t)(nvme_now_ms() - control->retry_ms) >= 0) {
        try_again(control);
    }
    atomic_store_explicit(&control->serviced_ms, nvme_now_ms(), memory_order_relaxed);
}

void vfio_service_if_idle(struct vfio_control *control) {
    uint32_t before = atomic_load_explicit(&control->serviced_ms, memory_order_relaxed);
    if (nvme_now_ms() - before > IDLE_MS && pthread_mutex_trylock(&control->lock) == 0) {
        vfio_service(control);
        (void)pthread_mutex_unlock(&control->lock);
    }
}

// The last command that failed, in words.
static void describe_error(struct vfio_control *control, char *text, size_t size) {
    uint32_t error = atomic_load_explicit(&control->last_error, memory_order_acquire);
    uint32_t status = error >> 8;
    if (error == 0) {
        return;
    }
    const char *hint = "";
    if (status == NVME_STATUS_TRANSFER_ERROR) {
        hint = "; the device did not reach the memory, the IOMMU's faults are in the kernel's log (DMAR, AMD-Vi)";
    }
    static const char *const names[] = {"?", "read", "write", "flush"};
    unsigned long long count = atomic_load_explicit(&control->errors, memory_order_relaxed);
    unsigned long long offset = atomic_load_explicit(&control->last_error_at, memory_order_relaxed);
    size_t used = strlen(text);
    (void)snprintf(text + used, size - used,
                   "%scommands that failed: %llu, the last one a %s at offset=%llu with status=0x%03x%s",
                   used > 0 ? "; " : "", count, names[error & 3], offset, status, hint);
}

int vfio_health(struct dcn_disk *base, struct dcn_disk_health *out) {
    struct vfio_disk *disk = (struct vfio_disk *)base;
    struct vfio_control *control = disk->control;
    (void)pthread_mutex_lock(&control->lock);
    vfio_service(control);
    out->state = atomic_load_explicit(&control->state, memory_order_relaxed);
    if (out->state == DCN_DISK_OK && disk->lost) {
        out->state = DCN_DISK_GONE;
    }
    out->generation = atomic_load_explicit(&control->generation, memory_order_relaxed);
    out->errors = atomic_load_explicit(&control->errors, memory_order_relaxed);
    if (control->smart_known) {
        nvme_smart_read(control->smart, out);
    }
    memcpy(out->message, control->message, sizeof out->message);
    describe_error(control, out->message, sizeof out->message);
    (void)pthread_mutex_unlock(&control->lock);
    return 0;
}
