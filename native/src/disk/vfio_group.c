#include "disk/vfio_group.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk/device.h"
#include "disk/driver.h"

#define DEVICES "/sys/bus/pci/devices/"
#define CLASS_NVME "0x010802"

// Name of what a link in sysfs points to. False when there is no such link.
static bool target(const char *address, const char *link, char name[NAME_MAX + 1]) {
    char path[PATH_MAX];
    char text[PATH_MAX];
    (void)snprintf(path, sizeof path, DEVICES "%s/%s", address, link);
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length <= 0) {
        return false;
    }
    text[length] = '\0';
    const char *slash = strrchr(text, '/');
    (void)snprintf(name, NAME_MAX + 1, "%.*s", NAME_MAX, slash == NULL ? text : slash + 1);
    return true;
}

static int refuse_driver(const char *address, const char *driver, char *message) {
    const char *unbind = driver == NULL ? "" : "echo ADDRESS > /sys/bus/pci/devices/ADDRESS/driver/unbind; ";
    return dcn_disk_refuse(message, -EBUSY,
                           "address=%s is bound to driver=%s and not to vfio-pci; configure it by pciAddress, and the "
                           "agent binds it, or do it by hand: modprobe vfio-pci; echo vfio-pci > "
                           "/sys/bus/pci/devices/ADDRESS/driver_override; %secho ADDRESS > /sys/bus/pci/drivers_probe",
                           address, driver == NULL ? "none" : driver, unbind);
}

int vfio_group_find(const char *address, char number[NAME_MAX + 1], char message[DCN_DISK_MESSAGE]) {
    char directory[PATH_MAX];
    char class[64];
    (void)snprintf(directory, sizeof directory, DEVICES "%s", address);
    if (!sysfs_line(directory, "class", class, sizeof class)) {
        return dcn_disk_refuse(message, -ENODEV, "address=%s: the machine has no such PCI function; see dcn-agent devices",
                               address);
    }
    if (strcmp(class, CLASS_NVME) != 0) {
        return dcn_disk_refuse(message, -ENOTTY, "address=%s has class=%s; an NVMe controller has " CLASS_NVME, address,
                               class);
    }
    char driver[NAME_MAX + 1];
    bool bound = target(address, "driver", driver);
    if (!bound || strcmp(driver, "vfio-pci") != 0) {
        return refuse_driver(address, bound ? driver : NULL, message);
    }
    if (!target(address, "iommu_group", number)) {
        return dcn_disk_refuse(message, -EOPNOTSUPP,
                               "address=%s has no IOMMU group; switch the IOMMU on in the firmware and with the kernel's "
                               "parameter intel_iommu=on or amd_iommu=on, or use the driver passthru",
                               address);
    }
    char type[64];
    char group[PATH_MAX];
    (void)snprintf(group, sizeof group, "/sys/kernel/iommu_groups/%s", number);
    if (sysfs_line(group, "name", type, sizeof type) && strcmp(type, "vfio-noiommu") == 0) {
        return dcn_disk_refuse(message, -EOPNOTSUPP,
                               "address=%s is in VFIO's mode without an IOMMU, where the device may write anywhere; "
                               "switch the IOMMU on",
                               address);
    }
    return 0;
}

int vfio_group_refuse(const char *address, const char *number, char message[DCN_DISK_MESSAGE]) {
    char path[PATH_MAX];
    char others[256] = "";
    size_t length = 0;
    (void)snprintf(path, sizeof path, "/sys/kernel/iommu_groups/%s/devices", number);
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        char driver[NAME_MAX + 1];
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, address) == 0 ||
            !target(entry->d_name, "driver", driver) || strcmp(driver, "vfio-pci") == 0) {
            continue;
        }
        int added = snprintf(others + length, sizeof others - length, " %.32s (%.32s)", entry->d_name, driver);
        length = length + (size_t)added < sizeof others ? length + (size_t)added : sizeof others - 1;
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    return dcn_disk_refuse(message, -EBUSY,
                           "address=%s shares its IOMMU group=%s with devices in use:%s; take a slot of the machine whose "
                           "group it has for itself",
                           address, number, others);
}
