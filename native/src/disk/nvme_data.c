#include "disk/nvme_data.h"

#include <errno.h>
#include <string.h>

// Offsets in the Identify Controller data structure (base specification, figure "Identify Controller").
#define CONTROLLER_SN 4
#define CONTROLLER_SN_BYTES 20
#define CONTROLLER_MN 24
#define CONTROLLER_MN_BYTES 40
#define CONTROLLER_MDTS 77

// Offsets in the Identify Namespace data structure (NVM command set, figure "Identify Namespace").
#define NAMESPACE_NSZE 0
#define NAMESPACE_FLBAS 26
#define NAMESPACE_LBAF 128
#define LBAF_BYTES 4
#define LBAF_LBADS 2

#define SHIFT_MIN 9   // LBADS is not less: same figure
#define SHIFT_MAX 12  // a volume's blocks are 4 KiB

static uint16_t read16(const uint8_t *at) {
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint64_t read64(const uint8_t *at) {
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--) {
        value = value << 8 | at[i];
    }
    return value;
}

// ASCII padded with spaces (base specification, section "ASCII data format").
static void copy_text(const uint8_t *field, size_t length, char *text) {
    while (length > 0 && (field[length - 1] == ' ' || field[length - 1] == '\0')) {
        length--;
    }
    while (length > 0 && *field == ' ') {
        field++;
        length--;
    }
    memcpy(text, field, length);
    text[length] = '\0';
}

void nvme_controller_parse(const uint8_t page[NVME_IDENTIFY_BYTES], struct nvme_controller *out) {
    copy_text(page + CONTROLLER_SN, CONTROLLER_SN_BYTES, out->serial);
    copy_text(page + CONTROLLER_MN, CONTROLLER_MN_BYTES, out->model);
    out->mdts = page[CONTROLLER_MDTS];
}

uint32_t nvme_transfer_bytes(uint32_t mdts, uint32_t page_bytes, uint32_t limit_bytes) {
    if (mdts == 0 || mdts >= 32) {
        return limit_bytes;
    }
    uint64_t bytes = (uint64_t)page_bytes << mdts;
    return bytes < limit_bytes ? (uint32_t)bytes : limit_bytes;
}

int nvme_namespace_parse(const uint8_t page[NVME_IDENTIFY_BYTES], uint32_t nsid, struct nvme_namespace *out,
                         char message[DCN_DISK_MESSAGE]) {
    // FLBAS: index of the format in bits 3:0, its higher bits in 6:5.
    unsigned flbas = page[NAMESPACE_FLBAS];
    unsigned format = (flbas & 0xf) | (flbas >> 1 & 0x30);
    const uint8_t *lbaf = page + NAMESPACE_LBAF + (size_t)format * LBAF_BYTES;
    unsigned metadata = read16(lbaf);
    out->blocks = read64(page + NAMESPACE_NSZE);
    out->block_shift = lbaf[LBAF_LBADS];
    if (out->blocks == 0) {
        return dcn_disk_refuse(message, -ENXIO, "namespace=%u is not active; create and attach it first", nsid);
    }
    if (metadata != 0) {
        return dcn_disk_refuse(message, -EMEDIUMTYPE,
                               "namespace=%u is formatted with metadata of %u bytes a block (format=%u); format it "
                               "without, which erases it",
                               nsid, metadata, format);
    }
    if (out->block_shift < SHIFT_MIN || out->block_shift > SHIFT_MAX) {
        return dcn_disk_refuse(message, -EMEDIUMTYPE,
                               "namespace=%u is formatted with blocks of 2^%u bytes (format=%u); format it with 512 or "
                               "4096, which erases it",
                               nsid, out->block_shift, format);
    }
    return 0;
}

int64_t nvme_capacity_bytes(const struct nvme_namespace *namespace) {
    uint64_t most = (uint64_t)INT64_MAX >> namespace->block_shift;
    uint64_t blocks = namespace->blocks < most ? namespace->blocks : most;
    return (int64_t)(blocks << namespace->block_shift);
}

// SCT and SC, as in bits 10:0 of the status field (base specification, section "Status field definition").
int nvme_errno(uint16_t status) {
    switch (status & 0x7ff) {
    case 0x000:
        return 0;
    case 0x081:  // Capacity Exceeded
    case 0x115:  // Namespace Insufficient Capacity
        return -ENOSPC;
    case 0x001:  // Invalid Command Opcode
    case 0x002:  // Invalid Field in Command
    case 0x00b:  // Invalid Namespace or Format
        return -EOPNOTSUPP;
    case 0x021:  // Command Interrupted
    case 0x080:  // LBA Out of Range
    case 0x082:  // Namespace Not Ready
        return -EREMOTEIO;
    case 0x020:  // Namespace is Write Protected
    case 0x182:  // Attempted Write to Read Only Range
        return -EROFS;
    case 0x280:  // Write Fault
    case 0x281:  // Unrecovered Read Error
    case 0x285:  // Compare Failure
    case 0x286:  // Access Denied
    case 0x287:  // Deallocated or Unwritten Logical Block
        return -ENODATA;
    case 0x282:  // End-to-end Guard Check Error
    case 0x283:  // End-to-end Application Tag Check Error
    case 0x284:  // End-to-end Reference Tag Check Error
        return -EILSEQ;
    case 0x083:  // Reservation Conflict
        return -EBADE;
    case 0x370:  // Host Pathing Error
    case 0x371:  // Command Aborted By Host
        return -ENOLINK;
    default:
        return -EIO;
    }
}
