// A PCI function through VFIO: its registers, its interrupts, and the memory that its IOMMU lets it see
// (Documentation/driver-api/vfio.rst). Container and group, which every kernel with VFIO has.
#ifndef DCN_DISK_VFIO_DEVICE_H
#define DCN_DISK_VFIO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dcn/disk.h"
#include "disk/vfio_space.h"

#define VFIO_ADDRESS_BYTES 16u

struct vfio_device {
    char address[VFIO_ADDRESS_BYTES];  // "0000:01:00.0"
    int container;
    int group;
    int fd;          // -1: closed
    int request_fd;  // readable when the kernel wants the device back
    volatile uint8_t *bar;
    size_t bar_bytes;
    uint64_t config_offset;
    uint32_t vectors;  // MSI-X interrupts that it has
    struct vfio_space space;
};

// Opens the NVMe function `device->address`, which is bound to vfio-pci; maps its registers, lets it use the bus, and maps again
// what `device->space` holds. Returns 0; or -errno with a message that says what to do, and nothing open.
int vfio_device_open(struct vfio_device *device, char message[DCN_DISK_MESSAGE]);

// Gives the function back to the kernel, which resets it. What was mapped is not any more; `device->space` keeps it in mind.
void vfio_device_close(struct vfio_device *device);

// Lets the device see memory, widened to whole pages. Returns 0 and where it sees `address`; or -errno and a message.
int vfio_device_map(struct vfio_device *device, uint64_t address, uint64_t length_bytes, uint64_t *iova,
                    char message[DCN_DISK_MESSAGE]);

// Ends what a call of vfio_device_map with the same address has begun, also on a device that is closed.
void vfio_device_unmap(struct vfio_device *device, uint64_t iova);

// Lets interrupt number i signal the eventfd fds[i]. Returns 0 or -errno.
int vfio_device_interrupts(const struct vfio_device *device, const int32_t *fds, uint32_t count);

// Resets the function. Returns 0 or -errno.
int vfio_device_reset(const struct vfio_device *device);

// Whether the function answers on the bus. No register is touched, which is fatal where there is none.
bool vfio_device_is_there(const struct vfio_device *device);

// Whether the kernel wants the function back, because it is being removed.
bool vfio_device_is_wanted_back(const struct vfio_device *device);

#endif
