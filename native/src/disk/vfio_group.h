// What sysfs says of a PCI function before it is opened through VFIO, and why it cannot be.
#ifndef DCN_DISK_VFIO_GROUP_H
#define DCN_DISK_VFIO_GROUP_H

#include <limits.h>

#include "dcn/disk.h"

// Checks that the function `address` ("0000:01:00.0") is an NVMe controller that is bound to vfio-pci, and finds the number of
// its IOMMU group. Returns 0; or -errno and a message that says what to do.
int vfio_group_find(const char *address, char number[NAME_MAX + 1], char message[DCN_DISK_MESSAGE]);

// Says which other functions of the group have drivers of the kernel. Returns -EBUSY.
int vfio_group_refuse(const char *address, const char *number, char message[DCN_DISK_MESSAGE]);

#endif
