// Disks: block I/O in batches, by a driver that the URI names.
//
//   uring:/dev/nvme0n1          io_uring on a block device, past the page cache
//   uring:/srv/volume.img       the same on a regular file
//   uring:/srv/volume.img?direct=0   through the page cache; what is in it need not be read: dcn_disk_resident
//   passthru:/dev/ng0n1         NVMe commands through io_uring, past the kernel's block layer; polled where the module nvme
//                               was loaded with poll_queues, unless ?poll=0; ?poll=1 insists
//   vfio:0000:01:00.0           our own NVMe driver, on a controller that is bound to vfio-pci
//   vfio:0000:01:00.0?namespace=2    another namespace than number 1
//
// A disk may be used by several threads, a queue by one. Who owns what:
//
//   caller                            library
//   ops[], dones[]  ---------------   read, or written, only during the call that names them
//   regions         ---------------   the device's from submit until the command's completion is reaped
//   event_fd        ---------------   the queue's; readable when completions may be reaped
#ifndef DCN_DISK_H
#define DCN_DISK_H

#include <stddef.h>
#include <stdint.h>

#include "dcn/error.h"

struct dcn_disk;
struct dcn_disk_queue;

#define DCN_DISK_TEXT 64
#define DCN_DISK_MESSAGE 512
#define DCN_DISK_DEPTH_MAX 4096
#define DCN_DISK_REGIONS_MAX 64

// Flags of dcn_disk_open.
#define DCN_DISK_WRITABLE 1u

// What dcn_disk_open found, or why it failed. Text ends in NUL.
struct dcn_disk_opened {
    struct dcn_disk *disk;
    int64_t capacity_bytes;
    uint32_t block_bytes;         // logical block size
    uint32_t alignment_bytes;     // of offsets, lengths and addresses
    uint32_t max_transfer_bytes;  // of one command
    int32_t numa_node;            // -1: unknown
    uint32_t direct;              // 1: past the page cache
    uint32_t is_block_device;     // 1: not a regular file
    char driver[16];
    char mode[DCN_DISK_TEXT];     // how the driver runs on this kernel
    char id[DCN_DISK_TEXT];       // device or file name without directories
    char model[DCN_DISK_TEXT];
    char serial[DCN_DISK_TEXT];
    char message[DCN_DISK_MESSAGE];  // on failure: what was refused and what to do
};

enum dcn_disk_state {
    DCN_DISK_OK = 0,
    DCN_DISK_RECOVERING = 1,  // being reset; commands end with -EIO until it is back, on its own
    DCN_DISK_FAILED = 2,      // does not come back by itself; tried again now and then
    DCN_DISK_GONE = 3,        // not there any more; commands end with -ENODEV
};

// How a disk is. Figures of its SMART log (NVM Express Base Specification 2.0, 5.16.1.3) are -1 where it has none.
struct dcn_disk_health {
    uint32_t state;
    uint32_t generation;   // how often the device was reset and put to work again
    uint64_t errors;       // commands that ended with an error, as far as the driver counts them
    int64_t media_errors;  // in the device's life
    int32_t temperature_kelvin;
    int32_t percentage_used;  // of the device's life; may be above 100
    int32_t spare_percent;
    int32_t spare_threshold_percent;
    int32_t critical_warning;  // bits of the log's first byte
    int32_t reserved;
    char message[DCN_DISK_MESSAGE];  // what happened last, or empty
};

// Memory that commands may name. Must stay mapped until the queue is closed.
struct dcn_disk_region {
    uint64_t address;
    uint64_t length_bytes;
};

// What dcn_disk_queue_open made, or why it failed.
struct dcn_disk_queue_opened {
    struct dcn_disk_queue *queue;
    int32_t event_fd;
    int32_t reserved;
    char message[DCN_DISK_MESSAGE];
};

enum dcn_disk_opcode {
    DCN_DISK_READ = 1,
    DCN_DISK_WRITE = 2,
    DCN_DISK_FLUSH = 3,  // what completed before is durable; offset, address, length and region are ignored
    DCN_DISK_WRITE_THROUGH = 4,  // a write that is durable when it completes (Force Unit Access), and no other with it
};

// One command.
struct dcn_disk_op {
    uint64_t token;  // comes back in the completion
    int64_t offset;  // bytes from the device's start
    uint64_t address;
    uint32_t length_bytes;
    uint16_t opcode;
    uint16_t region;  // index of the region that holds address .. address + length_bytes
};

// One completion.
struct dcn_disk_done {
    uint64_t token;
    int32_t result;  // bytes transferred, or -errno
    int32_t reserved;
};

// Opens the device that `uri` names. With DCN_DISK_WRITABLE it is held exclusively: O_EXCL on a block device, an exclusive
// flock(2) on a file; without, a file is locked against writers only and a block device not at all. passthru holds the block
// device of the same namespace.
// Returns 0, or -errno with `out->message` set and nothing opened.
DCN_API int dcn_disk_open(const char *uri, uint32_t flags, struct dcn_disk_opened *out);

// Closes the device; its queues are closed before. Returns 0 or -errno.
DCN_API int dcn_disk_close(struct dcn_disk *disk);

// Where `length_bytes` bytes from `offset` on lie in memory now, readable until the disk is closed; any alignment. 0 when
// some of them do not, or lie beyond the capacity, and always on a disk that is read past the page cache or is not
// mapped (its mode then does not end in "mapped"). Any thread. Memory that is taken away afterwards is read again when it
// is touched, which blocks; where that fails a system call returns -EFAULT, and a program that touches it gets SIGBUS.
DCN_API uint64_t dcn_disk_resident(struct dcn_disk *disk, int64_t offset, uint32_t length_bytes);

// Tells how the disk is. Any thread, about once a second; it may wait for the device, so not a loop's. A driver that has no
// thread of its own recovers the device here and looks for commands that take too long. Returns 0 or -errno.
DCN_API int dcn_disk_health(struct dcn_disk *disk, struct dcn_disk_health *out);

// Opens a queue pair with room for `depth` commands (1 to DCN_DISK_DEPTH_MAX), and pins `count` regions for the device
// (at most DCN_DISK_REGIONS_MAX). Any thread may open it; the thread that submits first owns it from then on.
// Returns 0, or -errno with `out->message` set.
DCN_API int dcn_disk_queue_open(struct dcn_disk *disk, uint32_t depth, const struct dcn_disk_region *regions,
                                uint32_t count, struct dcn_disk_queue_opened *out);

// Hands `count` commands to the device. Returns how many were taken, from the first on: fewer when `depth` commands
// are in flight. -EEXIST on another thread than the owner's, -EINVAL for an unknown opcode, memory outside the
// region, or what passthru can see the device would refuse (alignment, range, length, a write on a disk opened for reading):
// nothing is taken. After any other error the queue is of no use but to be closed.
DCN_API int dcn_disk_queue_submit(struct dcn_disk_queue *queue, const struct dcn_disk_op *ops, uint32_t count);

// Takes up to `max` completions, in the order in which the device finished. Returns their number, or -errno; -EEXIST on
// another thread than the owner's. Does not block, and enters the kernel only when it has news.
DCN_API int dcn_disk_queue_reap(struct dcn_disk_queue *queue, struct dcn_disk_done *dones, uint32_t max);

// Waits for what is in flight and closes the queue. With nothing in flight any thread may close.
// Returns 0; or keeps the queue and returns -EEXIST on another thread than the owner's, -ETIMEDOUT when the device did
// not answer for 30 s.
DCN_API int dcn_disk_queue_close(struct dcn_disk_queue *queue);

// Looks at `path` (device or regular file) with libblkid and writes to `text` what is on it: file system, RAID, LVM,
// swap, encryption, partition table; several are joined by "; ". `size` counts the final NUL.
// Returns the length of the text, 0 when nothing known was found, or -errno.
DCN_API int dcn_disk_probe(const char *path, char *text, size_t size);

// Holds the block device `path` exclusively without writing to it (O_EXCL on a device, open(2)): while it is held, the
// kernel lets nobody mount it or a partition of it, swap on it or build RAID or a mapping from it, in any namespace.
// Returns a descriptor for dcn_disk_unclaim, or -errno: -EBUSY when somebody does already.
DCN_API int dcn_disk_claim(const char *path);

// Lets go of it. The device may be gone by then. Returns 0 or -errno.
DCN_API int dcn_disk_unclaim(int claim);

#endif
