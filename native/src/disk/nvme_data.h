// What NVMe devices say of themselves, read from the data structures of the base specification (revision 2.0). Pure: no
// device is touched here. All fields are little endian, at any alignment.
#ifndef DCN_DISK_NVME_DATA_H
#define DCN_DISK_NVME_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "disk/driver.h"

#define NVME_IDENTIFY_BYTES 4096u

// Identify, CDW10 bits 7:0 (base specification, figure "Identify: CNS values").
#define NVME_CNS_NAMESPACE 0x00u
#define NVME_CNS_CONTROLLER 0x01u

// Opcodes of admin commands, and of I/O commands (NVM command set specification, section 3).
#define NVME_ADMIN_GET_LOG_PAGE 0x02u
#define NVME_ADMIN_IDENTIFY 0x06u
#define NVME_IO_FLUSH 0x00u
#define NVME_IO_WRITE 0x01u
#define NVME_IO_READ 0x02u

// Force Unit Access (NVM command set, "Write: command dword 12").
#define NVME_WRITE_FUA (1u << 30)

// NLB is 16 bits and 0's based (NVM command set, "Read: command dword 12").
#define NVME_BLOCKS_MAX 65536u

// Identify Controller data structure.
struct nvme_controller {
    char serial[DCN_DISK_TEXT];
    char model[DCN_DISK_TEXT];
    uint32_t mdts;  // longest transfer is 2^mdts pages of CAP.MPSMIN; 0: no limit
};

void nvme_controller_parse(const uint8_t page[NVME_IDENTIFY_BYTES], struct nvme_controller *out);

// Longest transfer in bytes that `mdts` allows with pages of `page_bytes`, at most `limit_bytes`.
uint32_t nvme_transfer_bytes(uint32_t mdts, uint32_t page_bytes, uint32_t limit_bytes);

// Identify Namespace data structure (NVM command set).
struct nvme_namespace {
    uint64_t blocks;       // NSZE; 0: the namespace is not active
    uint32_t block_shift;  // LBADS of the format in use: a block has 1 << block_shift bytes
};

// Returns 0; or -errno and a message when the namespace is inactive (-ENXIO), or formatted as no volume can use it:
// with metadata, or with blocks other than of 512 to 4096 bytes (-EMEDIUMTYPE).
int nvme_namespace_parse(const uint8_t page[NVME_IDENTIFY_BYTES], uint32_t nsid, struct nvme_namespace *out,
                         char message[DCN_DISK_MESSAGE]);

// Capacity in bytes.
int64_t nvme_capacity_bytes(const struct nvme_namespace *namespace);

// -errno of a completion's status field without the phase bit (SC in bits 7:0, SCT in 10:8; higher bits are ignored);
// 0 for success. As the kernel's NVMe driver tells block devices' users: -ENODATA is a medium error, -EILSEQ failed
// protection information, -ENOSPC a namespace without room, -ENOLINK a path that failed, -EOPNOTSUPP a command that
// the device does not know, -EREMOTEIO a range or a device that was not ready, else -EIO.
int nvme_errno(uint16_t status);

#endif
