// What drivers of the kernel's devices ask of /dev and of sysfs.
#ifndef DCN_DISK_DEVICE_H
#define DCN_DISK_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "dcn/disk.h"

// A command is at most this long, whatever the device takes: a longer one gains nothing and holds up its neighbours.
#define DEVICE_MAX_TRANSFER_BYTES (1u << 20)

// A program that was killed still holds its device until the kernel has ended its ring in the background. An open that
// finds the device busy therefore tries again for a second.
#define DEVICE_BUSY_TRIES 50
#define DEVICE_BUSY_PAUSE_US 20000

// Reads the first line of `directory`/`name` without the white space around it. False when there is none.
bool sysfs_line(const char *directory, const char *name, char *text, size_t size);
bool sysfs_number(const char *directory, const char *name, long *number);

// NUMA node of the nearest ancestor of the device `sysfs` that has one (the PCI function); -1 when none has.
int sysfs_numa_node(const char *sysfs);

// open(2) of a device that may be busy for a moment. Returns the descriptor, or -1 and errno.
int device_open_patiently(const char *path, int mode);

// How the block or character device behind `fd` is, for drivers of the kernel's devices. Returns 0 or -errno.
int device_health(int fd, struct dcn_disk_health *out);

#endif
