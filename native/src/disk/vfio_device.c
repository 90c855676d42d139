#include "disk/vfio_device.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "disk/device.h"
#include "disk/driver.h"
#include "disk/vfio_group.h"

// Room for the answers of VFIO_IOMMU_GET_INFO and for VFIO_DEVICE_SET_IRQS.
#define ANSWER_BYTES 4096u

#define REGISTERS_BYTES_MIN 0x1008u  // up to the first doorbells

static int open_group(struct vfio_device *device, const char *number, char *message) {
    device->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
    if (device->container < 0) {
        return dcn_disk_refuse(message, -errno,
                               "address=%s: /dev/vfio/vfio cannot be opened; load the module vfio-pci, and let the "
                               "container have /dev/vfio",
                               device->address);
    }
    char path[64];
    (void)snprintf(path, sizeof path, "/dev/vfio/%.32s", number);
    device->group = device_open_patiently(path, O_RDWR | O_CLOEXEC);
    if (device->group < 0) {
        const char *why = errno == EBUSY    ? "is held by another program"
                          : errno == ENOENT ? "does not exist; let the container have /dev/vfio"
                                            : "cannot be opened";
        return dcn_disk_refuse(message, -errno, "address=%s: its IOMMU group %s %s", device->address, path, why);
    }
    struct vfio_group_status status = {.argsz = sizeof status};
    if (ioctl(device->group, VFIO_GROUP_GET_STATUS, &status) < 0) {
        return dcn_disk_refuse(message, -errno, "address=%s: group=%s has no status", device->address, number);
    }
    if ((status.flags & VFIO_GROUP_FLAGS_VIABLE) == 0) {
        return vfio_group_refuse(device->address, number, message);
    }
    if (ioctl(device->group, VFIO_GROUP_SET_CONTAINER, &device->container) < 0 ||
        ioctl(device->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0) {
        return dcn_disk_refuse(message, -errno,
                               "address=%s: the IOMMU of group=%s cannot be used; load the module vfio_iommu_type1",
                               device->address, number);
    }
    return 0;
}

// The ranges that the IOMMU translates. A kernel before 5.4 does not tell them; 39 bits is the least that there is.
static void learn_ranges(struct vfio_device *device) {
    device->space.range_count = 1;
    device->space.ranges[0] = (struct vfio_range){0, (UINT64_C(1) << 39) - 1};
    _Alignas(8) char answer[ANSWER_BYTES] = {0};
    struct vfio_iommu_type1_info *info = (struct vfio_iommu_type1_info *)answer;
    info->argsz = sizeof answer;
    if (ioctl(device->container, VFIO_IOMMU_GET_INFO, info) < 0 || (info->flags & VFIO_IOMMU_INFO_CAPS) == 0) {
        return;
    }
    for (uint32_t at = info->cap_offset; at != 0 && at < sizeof answer;) {
        struct vfio_info_cap_header *header = (struct vfio_info_cap_header *)(answer + at);
        if (header->id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) {
            struct vfio_iommu_type1_info_cap_iova_range *found = (struct vfio_iommu_type1_info_cap_iova_range *)header;
            uint32_t count = found->nr_iovas < VFIO_SPACE_RANGES_MAX ? found->nr_iovas : VFIO_SPACE_RANGES_MAX;
            for (uint32_t i = 0; i < count; i++) {
                device->space.ranges[i] = (struct vfio_range){found->iova_ranges[i].start, found->iova_ranges[i].end};
            }
            device->space.range_count = count;
        }
        at = header->next;
    }
}

static int map_registers(struct vfio_device *device, char *message) {
    struct vfio_region_info bar = {.argsz = sizeof bar, .index = VFIO_PCI_BAR0_REGION_INDEX};
    if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &bar) < 0) {
        return dcn_disk_refuse(message, -errno, "address=%s does not tell of BAR 0", device->address);
    }
    if (bar.size < REGISTERS_BYTES_MIN || (bar.flags & VFIO_REGION_INFO_FLAG_MMAP) == 0) {
        return dcn_disk_refuse(message, -ENXIO, "address=%s: BAR 0 of size=%llu cannot be mapped", device->address,
                               (unsigned long long)bar.size);
    }
    void *address =
        mmap(NULL, (size_t)bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd, (off_t)bar.offset);
    if (address == MAP_FAILED) {
        return dcn_disk_refuse(message, -errno, "address=%s: BAR 0 of size=%llu is not mapped", device->address,
                               (unsigned long long)bar.size);
    }
    device->bar = address;
    device->bar_bytes = (size_t)bar.size;
    return 0;
}

static int allow_bus(struct vfio_device *device, char *message) {
    struct vfio_region_info config = {.argsz = sizeof config, .index = VFIO_PCI_CONFIG_REGION_INDEX};
    uint16_t command;
    if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &config) < 0) {
        return dcn_disk_refuse(message, -errno, "address=%s does not tell of its configuration", device->address);
    }
    device->config_offset = config.offset;
    off_t at = (off_t)(config.offset + PCI_COMMAND);
    if (pread(device->fd, &command, sizeof command, at) != sizeof command) {
        return dcn_disk_refuse(message, -EIO, "address=%s: its configuration cannot be read", device->address);
    }
    command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    if (pwrite(device->fd, &command, sizeof command, at) != sizeof command) {
        return dcn_disk_refuse(message, -EIO, "address=%s: its configuration cannot be written", device->address);
    }
    return 0;
}

static int set_irqs(const struct vfio_device *device, uint32_t index, const int32_t *fds, uint32_t count) {
    size_t bytes = sizeof(struct vfio_irq_set) + count * sizeof fds[0];
    struct vfio_irq_set *set = calloc(1, bytes);
    if (set == NULL) {
        return -ENOMEM;
    }
    set->argsz = (uint32_t)bytes;
    set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
    set->index = index;
    set->count = count;
    memcpy(set->data, fds, count * sizeof fds[0]);
    int error = ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set) < 0 ? -errno : 0;
    free(set);
    return error;
}

static int learn_interrupts(struct vfio_device *device, char *message) {
    struct vfio_irq_info info = {.argsz = sizeof info, .index = VFIO_PCI_MSIX_IRQ_INDEX};
    if (ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0 || info.count == 0) {
        return dcn_disk_refuse(message, -ENXIO, "address=%s has no MSI-X interrupts", device->address);
    }
    device->vectors = info.count;
    device->request_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (device->request_fd < 0) {
        return dcn_disk_refuse(message, -errno, "no eventfd for address=%s", device->address);
    }
    // Kernels before 4.0 do not ask for a device; there removal waits until the agent ends.
    int32_t fd = device->request_fd;
    (void)set_irqs(device, VFIO_PCI_REQ_IRQ_INDEX, &fd, 1);
    return 0;
}

static int map_pages(const struct vfio_device *device, const struct vfio_mapping *mapping) {
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof map,
        .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        .vaddr = mapping->address,
        .iova = mapping->iova,
        .size = mapping->length_bytes,
    };
    return ioctl(device->container, VFIO_IOMMU_MAP_DMA, &map) < 0 ? -errno : 0;
}

static int map_all(const struct vfio_device *device, char *message) {
    for (uint32_t i = 0; i < device->space.count; i++) {
        int error = map_pages(device, &device->space.mappings[i]);
        if (error < 0) {
            return dcn_disk_refuse(message, error, "address=%s is back, but its memory cannot be mapped again",
                                   device->address);
        }
    }
    return 0;
}

int vfio_device_open(struct vfio_device *device, char message[DCN_DISK_MESSAGE]) {
    device->container = -1;
    device->group = -1;
    device->fd = -1;
    device->request_fd = -1;
    device->bar = NULL;
    char number[NAME_MAX + 1];
    int error = vfio_group_find(device->address, number, message);
    if (error == 0) {
        error = open_group(device, number, message);
    }
    if (error == 0) {
        device->fd = ioctl(device->group, VFIO_GROUP_GET_DEVICE_FD, device->address);
        if (device->fd < 0) {
            error = dcn_disk_refuse(message, -errno, "address=%s is not given by group=%s", device->address, number);
        }
    }
    if (error == 0) {
        error = allow_bus(device, message);
    }
    if (error == 0) {
        error = map_registers(device, message);
    }
    if (error == 0) {
        error = learn_interrupts(device, message);
    }
    if (error == 0) {
        learn_ranges(device);
        error = map_all(device, message);
    }
    if (error < 0) {
        vfio_device_close(device);
    }
    return error;
}

static void close_one(int *fd) {
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

void vfio_device_close(struct vfio_device *device) {
    if (device->bar != NULL) {
        (void)munmap((void *)(uintptr_t)device->bar, device->bar_bytes);
        device->bar = NULL;
    }
    close_one(&device->fd);
    close_one(&device->group);
    close_one(&device->container);
    close_one(&device->request_fd);
}

int vfio_device_map(struct vfio_device *device, uint64_t address, uint64_t length_bytes, uint64_t *iova,
                    char message[DCN_DISK_MESSAGE]) {
    uint64_t start = address & ~(VFIO_SPACE_PAGE - 1);
    uint64_t bytes = (address + length_bytes - start + VFIO_SPACE_PAGE - 1) & ~(VFIO_SPACE_PAGE - 1);
    struct vfio_mapping mapping = {vfio_space_find(&device->space, start, bytes), start, bytes};
    if (mapping.iova == 0) {
        return dcn_disk_refuse(message, -ENOSPC, "the IOMMU of address=%s has no room for length=%llu bytes",
                               device->address, (unsigned long long)bytes);
    }
    if (device->fd < 0) {
        return dcn_disk_refuse(message, -ENODEV, "address=%s is gone", device->address);
    }
    int error = map_pages(device, &mapping);
    if (error == -ENOMEM) {
        return dcn_disk_refuse(message, error,
                               "length=%llu bytes cannot be locked for address=%s; raise the memlock limit (ulimit -l, "
                               "LimitMEMLOCK=) or grant CAP_IPC_LOCK",
                               (unsigned long long)bytes, device->address);
    }
    if (error < 0) {
        return dcn_disk_refuse(message, error, "memory=0x%llx length=%llu cannot be mapped for address=%s",
                               (unsigned long long)start, (unsigned long long)bytes, device->address);
    }
    if (!vfio_space_add(&device->space, mapping)) {
        vfio_device_unmap(device, mapping.iova);
        return -ENOMEM;
    }
    *iova = mapping.iova + (address - start);
    return 0;
}

void vfio_device_unmap(struct vfio_device *device, uint64_t iova) {
    uint64_t start = iova & ~(VFIO_SPACE_PAGE - 1);
    for (uint32_t i = 0; i < device->space.count; i++) {
        const struct vfio_mapping *mapping = &device->space.mappings[i];
        if (mapping->iova == start) {
            struct vfio_iommu_type1_dma_unmap unmap = {
                .argsz = sizeof unmap, .iova = start, .size = mapping->length_bytes};
            if (device->container >= 0) {
                (void)ioctl(device->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
            }
            vfio_space_remove(&device->space, start);
            return;
        }
    }
}

int vfio_device_interrupts(const struct vfio_device *device, const int32_t *fds, uint32_t count) {
    return set_irqs(device, VFIO_PCI_MSIX_IRQ_INDEX, fds, count);
}

int vfio_device_reset(const struct vfio_device *device) {
    return ioctl(device->fd, VFIO_DEVICE_RESET) < 0 ? -errno : 0;
}

bool vfio_device_is_there(const struct vfio_device *device) {
    uint16_t vendor = 0xffff;
    return pread(device->fd, &vendor, sizeof vendor, (off_t)(device->config_offset + PCI_VENDOR_ID)) == sizeof vendor &&
           vendor != 0xffff;
}

bool vfio_device_is_wanted_back(const struct vfio_device *device) {
    struct pollfd wanted = {.fd = device->request_fd, .events = POLLIN};
    return poll(&wanted, 1, 0) > 0 && (wanted.revents & POLLIN) != 0;
}
